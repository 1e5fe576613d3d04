"""How many workers, partitions, cores and connections a rate takes: a model over what the bench measured."""
