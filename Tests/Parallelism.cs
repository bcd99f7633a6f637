// Fixtures run beside each other: a test waits for a peer or for nothing, so the time of the whole is that of the processor. What reads
// counters of the whole process says NonParallelizable.
[assembly: Parallelizable(ParallelScope.Fixtures)]
