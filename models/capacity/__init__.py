"""Whether teams will have the hours that their projects ask of them."""
