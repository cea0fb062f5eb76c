"""What a fund says of itself to those who use its portal: nothing of it stands in the code."""
