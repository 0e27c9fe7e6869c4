"""The PC's IP configuration: active in the kernel (or in memory), persistent in a file."""
