namespace WebRtcStack.Turn;

/// <summary>
/// A hash table that is an array of hashes and values, for values that know their keys: a look-up touches one line of the processor's
/// cache before the value itself, where Dictionary touches three.
/// </summary>
/// <remarks>
/// Linear probing, at most half full. Hashes of what others choose have to be seeded, as <see cref="HashCode"/>'s are. Empty it holds
/// nothing; then 32 to 64 bytes for each value, less than a Dictionary's for few.
/// </remarks>
/// <param name="matches">Whether a value has the key.</param>
internal sealed class FlatMap<TKey, TValue>(Func<TValue, TKey, bool> matches) where TKey : struct where TValue : class
{
    private const int InitialSize = 4;

    private (uint Hash, TValue? Value)[] _slots = [];             // its length is a power of two, or 0

    public int Count { get; private set; }

    public bool TryGet(uint hash, TKey key, [NotNullWhen(true)] out TValue? value)
    {
        int slot = Find(hash, key);
        value = slot < 0 ? null : _slots[slot].Value;
        return value is not null;
    }

    /// <summary>Adds a value whose key is not there yet.</summary>
    public void Add(uint hash, TValue value)
    {
        if (2 * Count >= _slots.Length) Resize(Math.Max(InitialSize, 2 * _slots.Length));
        Put(hash, value);
        Count++;
    }

    public bool Remove(uint hash, TKey key)
    {
        int gap = Find(hash, key);
        if (gap < 0) return false;
        int mask = _slots.Length - 1;
        // What comes behind and would not be found across the gap moves into it.
        for (int slot = (gap + 1) & mask; _slots[slot].Value is not null; slot = (slot + 1) & mask)
        {
            int home = (int)_slots[slot].Hash & mask;
            if (((slot - home) & mask) < ((slot - gap) & mask)) continue;
            _slots[gap] = _slots[slot];
            gap = slot;
        }
        _slots[gap] = default;
        Count--;
        return true;
    }

    /// <summary>Removes the values that a condition holds for.</summary>
    /// <returns>How many there were.</returns>
    public int RemoveAll(Func<TValue, bool> condition)
    {
        int before = Count;
        (uint, TValue?)[] kept = Array.FindAll(_slots, slot => slot.Value is not null && !condition(slot.Value));
        if (kept.Length == before) return 0;
        Clear();
        foreach ((uint hash, TValue? value) in kept) Add(hash, value!);
        return before - Count;
    }

    public IEnumerable<TValue> Values => _slots.Where(static slot => slot.Value is not null).Select(static slot => slot.Value!);

    public void Clear() => (_slots, Count) = ([], 0);

    private int Find(uint hash, TKey key)
    {
        (uint Hash, TValue? Value)[] slots = _slots;
        if (slots.Length == 0) return -1;
        for (int slot = (int)hash & (slots.Length - 1); ; slot = (slot + 1) & (slots.Length - 1))
        {
            ref (uint Hash, TValue? Value) each = ref slots[slot];
            if (each.Value is null) return -1;
            if (each.Hash == hash && matches(each.Value, key)) return slot;
        }
    }

    private void Resize(int size)
    {
        (uint Hash, TValue? Value)[] old = _slots;
        _slots = new (uint, TValue?)[size];
        foreach ((uint hash, TValue? value) in old)
        {
            if (value is not null) Put(hash, value);
        }
    }

    private void Put(uint hash, TValue value)
    {
        int slot = (int)hash & (_slots.Length - 1);
        while (_slots[slot].Value is not null) slot = (slot + 1) & (_slots.Length - 1);
        _slots[slot] = (hash, value);
    }
}
