"""What a person must notice at once: danger, matters outside any duties, the lane."""
