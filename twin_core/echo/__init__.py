"""Echo clips: reading, rendering and measuring apical four-chamber views."""
