"""Model packages that ship with glnet_geo, one ``.safetensors`` file each."""
