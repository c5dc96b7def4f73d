"""The places in a file that fix the kind of a mock, judged one by one."""
