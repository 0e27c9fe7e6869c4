"""The PC's IP configuration: active state in the kernel (or in memory), persistent state in a file."""
