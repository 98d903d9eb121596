"""The clip frame by frame with its contour, beside the volume curve with every beat's marks; runs in the browser."""

from __future__ import annotations

import base64
from pathlib import Path
from typing import Any

import streamlit as st

from dashboard.frames import EchoRecord

_FOLDER = Path(__file__).parent
_player = st.components.v2.component(
    "lvad_twin_clip_player",
    html=(_FOLDER / "player.html").read_text(encoding="utf-8"),
    css=(_FOLDER / "player.css").read_text(encoding="utf-8"),
    js=(_FOLDER / "player.js").read_text(encoding="utf-8"),
)


def clip_player(record: EchoRecord, *, calibrated: bool, key: str) -> None:
    """Draw the player.

    Args:
        record: The clip's frames, volumes and beats.
        calibrated: Whether volumes rest on a known scale.
        key: Key of the element.
    """
    _player(data=player_data(record, calibrated), key=key)


def player_data(record: EchoRecord, calibrated: bool) -> dict[str, Any]:
    """What the browser is sent: pictures as data URLs, times in s, volumes in mL, and the beats' frames.

    A contour's own volume is None where the contour was set aside.
    """
    return {
        "id": record.identity,
        "frames": [f"data:image/jpeg;base64,{base64.b64encode(one).decode()}" for one in record.pictures],
        "shown": [int(i) for i in record.shown],
        "width": record.columns,
        "height": record.rows,
        "time_s": [round(float(time), 4) for time in record.time_s],
        "volume_ml": [round(float(volume), 2) for volume in record.volume_ml],
        "contour_volume_ml": [
            None if out else round(float(volume), 2)
            for volume, out in zip(record.contour_volume_ml, record.rejected, strict=True)
        ],
        "rejected": [int(i) for i in record.rejected.nonzero()[0]],
        "beats": [{"ed": beat.ed_index, "es": beat.es_index} for beat in record.beats],
        "axis": "LV volume (mL)" if calibrated else "LV volume (mL, scale assumed)",
    }
