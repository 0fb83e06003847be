from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path

import pytest

from glnet_geo.errors import OutputError
from glnet_geo.io.files.staging import Staging, TakenError, is_raster, unwritten


def _listed(folder: Path) -> dict[str, str]:
    """All files below a folder and what is in them, hidden ones too."""
    return {str(p.relative_to(folder)): p.read_text() for p in sorted(folder.rglob("*")) if p.is_file()}


def _make(staging: Staging, path: Path, text: str = "new", sidecars: tuple[str, ...] = ()) -> None:
    staging.temporary(path).write_text(text)
    for suffix in sidecars:
        path = staging.temporary(path)
        path.with_name(path.name + suffix).write_text(text)


@pytest.fixture
def out(tmp_path: Path) -> Path:
    folder = tmp_path / "out"
    folder.mkdir()
    return folder


class TestCommit:
    def test_outputs_appear_with_what_belongs_to_them(self, out: Path) -> None:
        raster, polygons = out / "map.tif", out / "map.gpkg"
        with Staging([raster, polygons], overwrite=False) as staging:
            _make(staging, raster, "raster", (".aux.xml",))
            _make(staging, polygons, "polygons")
            assert not raster.exists()
            assert not polygons.exists()
            staging.commit()
        assert _listed(out) == {"map.gpkg": "polygons", "map.tif": "raster", "map.tif.aux.xml": "raster"}

    def test_in_two_folders_each_is_made_beside_its_place(self, tmp_path: Path) -> None:
        """A rename is only atomic, and only possible at all, on one disk."""
        paths = [tmp_path / "a" / "map.tif", tmp_path / "b" / "map.tif"]
        for path in paths:
            path.parent.mkdir()
        with Staging(paths, overwrite=False) as staging:
            for path in paths:
                assert staging.temporary(path).parent.parent == path.parent
                assert staging.temporary(path).name == "map.tif"
                _make(staging, path, str(path.parent.name))
            staging.commit()
        assert _listed(tmp_path) == {"a/map.tif": "a", "b/map.tif": "b"}

    def test_one_folder_may_be_spelled_in_several_ways(
        self, out: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.chdir(out)
        (out.parent / "link").symlink_to(out)
        paths = [Path("a.tif"), out / "b.tif", out.parent / "link" / "c.tif", out / ".." / "out" / "d.tif"]
        (out / "d.tif").write_text("old")
        with Staging(paths, overwrite=True) as staging:
            assert len(staging.folders) == 1
            for path in paths:
                _make(staging, path)
            staging.commit()
        assert _listed(out) == dict.fromkeys(("a.tif", "b.tif", "c.tif", "d.tif"), "new")
        assert len(list(out.iterdir())) == 4

    def test_what_was_made_on_the_way_goes_away(self, out: Path) -> None:
        with Staging([out / "map.tif"], overwrite=False) as staging:
            _make(staging, out / "map.tif")
            staging.temporary(out / "map.tif").with_name("rough-map.tif").write_text("rough")
            staging.commit()
        assert _listed(out) == {"map.tif": "new"}
        assert [p.name for p in out.iterdir()] == ["map.tif"]

    def test_a_path_without_folder_lies_in_the_current_one(
        self, out: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.chdir(out)
        with Staging([Path("map.tif")], overwrite=False) as staging:
            _make(staging, Path("map.tif"))
            staging.commit()
        assert _listed(out) == {"map.tif": "new"}


class TestOverwrite:
    def test_it_replaces_an_output_and_its_stale_sidecars(self, out: Path) -> None:
        (out / "map.tif").write_text("old")
        for suffix in (".aux.xml", ".ovr", ".msk"):
            (out / f"map.tif{suffix}").write_text("old")
        (out / "map.txt").write_text("mine")
        with Staging([out / "map.tif"], overwrite=True) as staging:
            _make(staging, out / "map.tif", sidecars=(".aux.xml",))
            staging.commit()
        assert _listed(out) == {"map.tif": "new", "map.tif.aux.xml": "new", "map.txt": "mine"}

    def test_a_style_comes_along_and_replaces_an_older_one(self, out: Path) -> None:
        (out / "map.qml").write_text("old")
        paths = [out / "map.tif", out / "map.gpkg"]
        with Staging(paths, styled=paths, overwrite=True) as staging:
            _make(staging, out / "map.tif")
            _make(staging, out / "map.gpkg")
            staging.temporary(out / "map.qml").write_text("style")
            staging.commit()
        assert _listed(out) == {"map.gpkg": "new", "map.qml": "style", "map.tif": "new"}

    def test_a_style_that_is_in_the_way_is_known_before_the_job(self, out: Path) -> None:
        (out / "map.qml").write_text("mine")
        with pytest.raises(OutputError, match=r"map\.qml exists and is not of this package"):
            Staging([out / "map.tif"], styled=[out / "map.tif"], overwrite=False)

    def test_a_style_stays_where_there_is_no_new_one(self, out: Path) -> None:
        """It may be a person's own work."""
        (out / "map.qml").write_text("mine")
        with Staging([out / "map.tif"], overwrite=False) as staging:
            _make(staging, out / "map.tif")
            staging.commit()
        assert _listed(out) == {"map.qml": "mine", "map.tif": "new"}

    def test_sidecars_of_a_missing_output_go_too(self, out: Path) -> None:
        """They would describe the new file wrongly."""
        (out / "map.tif.ovr").write_text("old")
        with Staging([out / "map.tif"], overwrite=False) as staging:
            _make(staging, out / "map.tif")
            staging.commit()
        assert _listed(out) == {"map.tif": "new"}

    def test_the_old_output_stands_until_the_new_one_is_whole(self, out: Path) -> None:
        (out / "map.tif").write_text("old")
        with Staging([out / "map.tif"], overwrite=True) as staging:
            _make(staging, out / "map.tif")
            assert (out / "map.tif").read_text() == "old"
            staging.commit()
        assert _listed(out) == {"map.tif": "new"}


class TestMeanwhile:
    """Another job, or a person, may put a file where an output is to be while that is made."""

    def test_what_has_appeared_is_not_replaced_and_nothing_is_delivered(self, out: Path) -> None:
        paths = [out / "map.tif", out / "map.gpkg"]

        def job() -> None:
            with Staging(paths, overwrite=False) as staging:
                for path in paths:
                    _make(staging, path, sidecars=(".aux.xml",))
                paths[1].write_text("theirs")
                staging.commit()

        with pytest.raises(TakenError, match=r"map\.gpkg has appeared .*: add --overwrite to replace it"):
            job()
        assert _listed(out) == {"map.gpkg": "theirs"}
        assert [path.name for path in out.iterdir()] == ["map.gpkg"]

    def test_it_is_replaced_where_that_is_asked_for(self, out: Path) -> None:
        with Staging([out / "map.tif"], overwrite=True) as staging:
            _make(staging, out / "map.tif")
            (out / "map.tif").write_text("theirs")
            staging.commit()
        assert _listed(out) == {"map.tif": "new"}

    @pytest.mark.parametrize("changed", [False, True])
    def test_of_what_is_there_only_that_which_the_job_has_made_is_replaced(
        self, out: Path, *, changed: bool
    ) -> None:
        (out / "map.tif").write_text("ours")
        with Staging([out / "map.tif"], overwrite=False, ours=True) as staging:
            _make(staging, out / "map.tif")
            if changed:
                (out / "map.tif").write_text("theirs, which is longer")
            with pytest.raises(TakenError) if changed else nullcontext():
                staging.commit()
        assert _listed(out) == {"map.tif": "theirs, which is longer" if changed else "new"}


class TestNothingIsLeft:
    @pytest.mark.parametrize("error", [RuntimeError, KeyboardInterrupt, SystemExit])
    def test_after_an_exception(self, out: Path, error: type[BaseException]) -> None:
        (out / "old.tif").write_text("old")
        paths = [out / "map.tif", out / "old.tif"]

        def interrupted() -> None:
            with Staging(paths, overwrite=True) as staging:
                for path in paths:
                    _make(staging, path, sidecars=(".aux.xml",))
                raise error

        with pytest.raises(error):
            interrupted()
        assert [p.name for p in out.iterdir()] == ["old.tif"]
        assert (out / "old.tif").read_text() == "old"

    def test_without_a_commit(self, out: Path) -> None:
        with Staging([out / "map.tif"], overwrite=False) as staging:
            _make(staging, out / "map.tif")
        assert list(out.iterdir()) == []

    @pytest.mark.parametrize("failing", range(6))
    def test_where_any_move_fails_all_is_as_before(
        self, out: Path, monkeypatch: pytest.MonkeyPatch, failing: int
    ) -> None:
        """As on Windows, where another program may have a file open."""
        for name in ("map.tif", "map.tif.aux.xml", "map.gpkg"):
            (out / name).write_text("old")
        before = _listed(out)
        paths = [out / "map.tif", out / "map.gpkg"]
        with Staging(paths, overwrite=True) as staging:
            _make(staging, paths[0], sidecars=(".aux.xml",))
            _make(staging, paths[1])
            monkeypatch.setattr(os, "replace", _failing_at(failing, os.replace))
            with pytest.raises(OutputError, match=r"could not be moved .*\(in use\): close the programs"):
                staging.commit()
        assert _listed(out) == before
        assert len(list(out.iterdir())) == len(before)


def _failing_at(call: int, replace: Callable[[Path, Path], None]) -> Callable[[Path, Path], None]:
    calls = iter(range(1000))

    def failing(source: Path, target: Path) -> None:
        if next(calls) == call:
            raise PermissionError(13, "in use", str(source))
        replace(source, target)

    return failing


class TestRefusals:
    @pytest.mark.parametrize("name", ["map", "map.png", "map.shp", "map.tif.bak"])
    def test_an_unknown_suffix(self, out: Path, name: str) -> None:
        with pytest.raises(
            OutputError,
            match=r"has no known suffix: use one of \.tif \.tiff \.gpkg \.fgb \.parquet \.geojson$",
        ):
            Staging([out / name], overwrite=False)

    @pytest.mark.parametrize(
        "name", ["map.TIF", "map.Gpkg", "map.tiff", "map.fgb", "map.parquet", "map.geojson"]
    )
    def test_known_suffixes_in_any_case_are_not_refused(self, out: Path, name: str) -> None:
        with Staging([out / name], overwrite=False) as staging:
            assert staging.temporary(out / name).parent.is_dir()

    def test_a_name_that_is_too_long_with_what_lies_beside_it(self, out: Path) -> None:
        for letter, count in (("m", 240), ("m", 300), ("\u00e4", 120)):
            with pytest.raises(OutputError, match=r"the name .* has \d+ bytes, .*: choose a shorter one$"):
                Staging([out / f"{letter * count}.tif"], overwrite=False)
        with Staging([out / f"{'m' * 200}.tif"], overwrite=False) as staging:
            assert all(folder.is_dir() for folder in staging.folders)

    @pytest.mark.parametrize("suffix", [".gpkg", ".fgb", ".geojson", ".parquet"])
    @pytest.mark.parametrize("name", ["wow!{}", "a;b{}", "a\tb{}", "new!/map{}"])
    def test_a_path_that_would_be_taken_for_an_address(self, out: Path, name: str, suffix: str) -> None:
        """Of ``a!b.geojson``, ``b.geojson`` in the current folder would be replaced."""
        (out / "new!").mkdir()
        with pytest.raises(OutputError, match=r"in the path of a vector file would lead elsewhere: choose"):
            Staging([out / name.format(suffix)], overwrite=True)
        with Staging([out / name.format(".tif")], overwrite=False) as staging:
            assert staging.folders

    def test_a_name_of_bytes_that_are_no_characters(self, out: Path) -> None:
        for name in ("\udcff.gpkg", "\udcff.tif"):
            with pytest.raises(
                OutputError, match=r"\\udcff\.\w+' holds bytes that are no characters: choose"
            ):
                Staging([out / name], overwrite=False)

    def test_a_folder(self, out: Path) -> None:
        (out / "map.tif").mkdir()
        with pytest.raises(OutputError, match=r"map\.tif is a folder: name a file$"):
            Staging([out / "map.tif"], overwrite=True)

    def test_a_missing_folder(self, out: Path) -> None:
        with pytest.raises(
            OutputError, match=r"the folder .*missing does not exist: create it, or name another$"
        ):
            Staging([out / "missing" / "map.tif"], overwrite=False)

    def test_a_file_in_place_of_a_folder(self, out: Path) -> None:
        (out / "map.gpkg").touch()
        with pytest.raises(OutputError, match=r"map\.gpkg is no folder: name another$"):
            Staging([out / "map.gpkg" / "map.tif"], overwrite=False)

    def test_a_read_only_folder(self, out: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        # The permissions of a real folder do not bind an administrator.
        monkeypatch.setattr(os, "access", lambda path, mode: False)
        with pytest.raises(OutputError, match=r"the folder .*out is read-only: choose another$"):
            Staging([out / "map.tif"], overwrite=False)

    def test_an_output_that_exists(self, out: Path) -> None:
        (out / "map.tif").write_text("old")
        with pytest.raises(
            OutputError, match=r"map\.tif exists: add --overwrite to replace it, or choose another name$"
        ):
            Staging([out / "map.tif"], overwrite=False)

    def test_an_output_named_twice(self, out: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.chdir(out)
        with pytest.raises(
            OutputError, match=r"map\.tif is named twice: give every output a name of its own$"
        ):
            Staging([out / "map.tif", Path("map.tif")], overwrite=False)

    def test_a_folder_that_cannot_take_files_after_all(
        self, out: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Network drives say so only when it is tried; what was begun in another folder goes away."""
        (out / "b").mkdir()
        paths = [out / "map.tif", out / "b" / "map.tif"]
        mkdir = Path.mkdir

        def refusing(folder: Path, mode: int = 0o777) -> None:
            if folder.parent == out / "b":
                raise OSError(30, "Read-only file system", str(folder.parent))
            mkdir(folder, mode)

        monkeypatch.setattr(Path, "mkdir", refusing)
        with pytest.raises(
            OutputError,
            match=r"nothing can be written beside .*\(Read-only file system\): choose another folder$",
        ):
            Staging(paths, overwrite=False).__enter__()
        assert [p.name for p in out.iterdir()] == ["b"]


@pytest.mark.parametrize(
    ("name", "expected"), [("a.tif", True), ("a.TIFF", True), ("a.gpkg", False), ("tif", False)]
)
def test_rasters_are_told_by_suffix(name: str, expected: bool) -> None:  # noqa: FBT001 - a row of the table
    assert is_raster(Path(name)) is expected


def test_a_broken_output_is_named_without_its_temporary_folder() -> None:
    error = unwritten(Path("/x/.glnet-geo-1/map.tif"), "no space left. ")
    assert str(error) == (
        "map.tif could not be written (no space left): free some space on its disk, or choose another folder"
    )


def test_a_style_of_ones_own_stays(out: Path) -> None:
    (out / "map.tif").write_text("old")
    (out / "map.qml").write_text("mine")
    with Staging([out / "map.tif"], overwrite=True) as staging:
        _make(staging, out / "map.tif")
        staging.commit()
    assert _listed(out) == {"map.qml": "mine", "map.tif": "new"}
