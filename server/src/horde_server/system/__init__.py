"""What differs between operating systems, each thing once. Imports nothing of ours and nothing heavy.

Linux is tested; macOS and Windows are not (docs/install.md). What can be forced on Linux has a test there.
"""
