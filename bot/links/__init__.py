"""Link rot: which addresses of the list lead nowhere any more, and what could stand in their place."""
