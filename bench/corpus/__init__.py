"""The events that all contenders deliver: realistic Segment events, always the same for one seed."""
