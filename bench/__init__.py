"""What the gateway achieves on this machine, beside the bare broker on the same machine.

The bench drives the same real neighbours and the same simulated seals as the tests do.
"""

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "firmware")]
