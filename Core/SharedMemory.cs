namespace WebRtcStack.Core;

/// <summary>An array of <see cref="LeasePool"/> with several holders. The object itself is used again, too.</summary>
internal sealed class SharedMemory
{
    private const int MaxKept = 4096;                    // about 100 KiB of each thread

    [ThreadStatic]
    private static Stack<SharedMemory>? t_free;

    private int _holders;

    private SharedMemory(byte[] array) => Array = array;

    public byte[] Array { get; private set; }

    public static SharedMemory Create(byte[] array, int holders)
    {
        SharedMemory shared = t_free is { Count: > 0 } free ? free.Pop() : new SharedMemory(array);
        (shared.Array, shared._holders) = (array, holders);
        return shared;
    }

    public void Release()
    {
        int left = Interlocked.Decrement(ref _holders);
        System.Diagnostics.Debug.Assert(left >= 0, "each holder disposes once");
        if (left != 0) return;
        byte[] array = Array;
        Array = [];
        LeasePool.Return(array);
        Stack<SharedMemory> free = t_free ??= new Stack<SharedMemory>();
        if (free.Count < MaxKept) free.Push(this);
    }
}
