"""Track `sprints`: what a sprint delivers against what it committed to, as known on the way."""
