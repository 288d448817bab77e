"""The labels' artwork: the notice, and samples of the two that Menshen prints with a code each.

    python -m hardware.labels         writes labels/, in the checkout's own .venv

The notice has no code and no name: it is the same on every seal, in both languages. The samples
come from the functions that print the real ones, so that labels.md shows what they look like.
"""

from hardware.circuit import HERE

NOTICE_MM = (62, 20)
SAMPLE_SEAL = "0123456789abcdef"
SAMPLE_DOOR = "0123456789"
CHINESE = ("这是传感器，不是锁。", "遇到火情、急病、危险：直接开门离开。")
ENGLISH = ("A sensor, not a lock.", "Fire, illness, danger: open the door and leave.")
SANS = "'Noto Sans CJK SC', 'Source Han Sans SC', 'DejaVu Sans', sans-serif"


def notice() -> str:
    """The label for the case's front that says what the seal is not."""
    width, height = NOTICE_MM
    said = " ".join((*CHINESE, *ENGLISH))
    return f"""<svg xmlns="http://www.w3.org/2000/svg" width="{width}mm" height="{height}mm"
     viewBox="0 0 {width} {height}" role="img" aria-label="{said}">
  <rect width="{width}" height="{height}" fill="#fff"/>
  <rect x="0.4" y="0.4" width="{width - 0.8}" height="{height - 0.8}" rx="1.6" fill="none"
        stroke="#000" stroke-width="0.4"/>
  <g font-family="{SANS}" fill="#000">
    <text x="3" y="5.4" font-size="3.8" font-weight="700">{CHINESE[0]}</text>
    <text x="3" y="9.2" font-size="2.8">{CHINESE[1]}</text>
    <text x="3" y="12.4" font-size="2.3" font-weight="700">{ENGLISH[0]}</text>
    <text x="3" y="15.2" font-size="2.3">{ENGLISH[1]}</text>
    <text x="3" y="18.6" font-size="2.3">电话 Call</text>
  </g>
  <path d="M15 18.8H59" stroke="#000" stroke-width="0.2"/>
</svg>
"""


def files() -> dict[str, str]:
    """The artwork that needs nothing else, by its path from here."""
    return {"labels/notice.svg": notice()}


def samples() -> dict[str, str]:
    """A seal's and a door's label with codes that belong to nobody, by their paths from here."""
    from gateway.provisioning import door_label, label

    door = door_label.DoorLabel(code=SAMPLE_DOOR, label="示例 Sample 12-3", begins="", ends="")
    return {
        "labels/seal.svg": label.svg(SAMPLE_SEAL),
        "labels/door.svg": door_label.svg(door, "zh"),
    }


if __name__ == "__main__":
    for name, text in (files() | samples()).items():
        (HERE / name).write_text(text, encoding="utf-8")
