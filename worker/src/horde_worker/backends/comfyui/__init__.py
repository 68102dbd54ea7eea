"""Pictures by a ComfyUI that the owner runs: what it has, how it is asked, how it tells what it does."""
