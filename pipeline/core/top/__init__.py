"""What `top` shows of running workers: readings of their metrics in, one view out."""
