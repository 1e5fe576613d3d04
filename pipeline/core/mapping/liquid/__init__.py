"""The part of Liquid that `@liquid` runs, each tag and filter of it proven equal to the reference."""
