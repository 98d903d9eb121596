"""Conversions between the units inside (mL, s, mmHg) and those at the edges."""

L_MIN_PER_ML_S = 0.06
"""Litres a minute in a millilitre a second."""
