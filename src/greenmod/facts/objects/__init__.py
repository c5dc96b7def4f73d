"""What a name stands for, and what calling it gives: answered from source and stubs, without importing anything."""
