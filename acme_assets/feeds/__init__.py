"""What arrived: landing zones, which client night a file is for, and when a delivery is complete."""
