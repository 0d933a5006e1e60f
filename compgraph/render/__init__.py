"""Pictures of graphs and films of sweeps: layout, fonts, frames and the media they are written to."""
