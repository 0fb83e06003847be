from __future__ import annotations

from pathlib import Path

from glnet_geo.io.work_folder.run_folder import RunFolder


def test_what_was_being_written_is_removed_and_what_is_something_else_is_in_nobodys_way(
    tmp_path: Path,
) -> None:
    """A map that was being made here, when that job was killed, has left a folder."""
    (tmp_path / ".glnet-geo-1-a").write_text("half")
    (tmp_path / ".glnet-geo-2-b").mkdir()
    with RunFolder(tmp_path).held():
        assert not (tmp_path / ".glnet-geo-1-a").exists()
        assert (tmp_path / ".glnet-geo-2-b").is_dir()
