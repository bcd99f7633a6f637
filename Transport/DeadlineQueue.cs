using WebRtcStack.Core;

namespace WebRtcStack.Transport;

/// <summary>The deadlines of a loop's connections: a binary heap in which each knows its place, so that moving one costs O(log n) and an idle one costs nothing.</summary>
internal sealed class DeadlineQueue
{
    private readonly List<LoopRegistration> _heap = [];

    public Instant Next => _heap.Count == 0 ? Instant.Never : _heap[0].Deadline;

    public void Set(LoopRegistration registration, Instant deadline)
    {
        if (registration.DeadlineIndex < 0)
        {
            if (deadline.IsNever) return;
            registration.Deadline = deadline;
            _heap.Add(registration);
            Place(registration, _heap.Count - 1);
            SiftUp(_heap.Count - 1);
            return;
        }
        if (deadline.IsNever)
        {
            Remove(registration);
            return;
        }
        Instant before = registration.Deadline;
        registration.Deadline = deadline;
        if (deadline < before) SiftUp(registration.DeadlineIndex);
        else SiftDown(registration.DeadlineIndex);
    }

    public bool TryTake(Instant now, [NotNullWhen(true)] out LoopRegistration? registration)
    {
        registration = _heap.Count > 0 && _heap[0].Deadline <= now ? _heap[0] : null;
        if (registration is null) return false;
        Remove(registration);
        return true;
    }

    private void Remove(LoopRegistration registration)
    {
        int index = registration.DeadlineIndex, last = _heap.Count - 1;
        registration.DeadlineIndex = -1;
        registration.Deadline = Instant.Never;
        LoopRegistration moved = _heap[last];
        _heap.RemoveAt(last);
        if (index == last) return;
        Place(moved, index);
        SiftUp(index);
        SiftDown(moved.DeadlineIndex);
    }

    private void SiftUp(int index)
    {
        LoopRegistration moving = _heap[index];
        while (index > 0)
        {
            int parent = (index - 1) / 2;
            if (_heap[parent].Deadline <= moving.Deadline) break;
            Place(_heap[parent], index);
            index = parent;
        }
        Place(moving, index);
    }

    private void SiftDown(int index)
    {
        LoopRegistration moving = _heap[index];
        while (true)
        {
            int child = index * 2 + 1;
            if (child >= _heap.Count) break;
            if (child + 1 < _heap.Count && _heap[child + 1].Deadline < _heap[child].Deadline) child++;
            if (moving.Deadline <= _heap[child].Deadline) break;
            Place(_heap[child], index);
            index = child;
        }
        Place(moving, index);
    }

    private void Place(LoopRegistration registration, int index)
    {
        _heap[index] = registration;
        registration.DeadlineIndex = index;
    }
}
