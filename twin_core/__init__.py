"""LVAD Twin's science: circuit, echo reading, learning, twins, trials and reports. Imports no web framework."""

__version__ = "0.1.0"
