"""Child processes that end in our order: after us never, before us only when we say so."""

from __future__ import annotations

import ctypes
import signal
import subprocess
import sys
from typing import Any


def apart(when_we_die: signal.Signals) -> dict[str, Any]:
    """Arguments of `Popen` for a child that Ctrl-C does not reach, and that Linux sends this signal when we die.

    The child must be made by a thread that lives as long as we do: the kernel looks at the thread. Elsewhere nothing
    ends the child when we are killed.
    """
    if sys.platform == "win32":
        return {"creationflags": subprocess.CREATE_NEW_PROCESS_GROUP}

    def follow_into_death() -> None:
        if sys.platform == "linux":
            pr_set_pdeathsig = 1
            ctypes.CDLL(None).prctl(pr_set_pdeathsig, when_we_die)  # one call, no lock: safe between fork and exec

    return {"start_new_session": True, "preexec_fn": follow_into_death}


def ask_to_end(child: subprocess.Popen[bytes]) -> None:
    """Have a child of ours end in its own time. On Windows only Ctrl-Break reaches what was made `apart`."""
    if sys.platform == "win32":
        child.send_signal(signal.CTRL_BREAK_EVENT)
    else:
        child.terminate()
