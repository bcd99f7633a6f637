namespace WebRtcStack.Transport;

/// <summary>
/// Sees to it that a handler which blocks on the thread of an event loop holds the loop up for a moment only: the loop then goes on
/// on another thread. While no handlers run the watch sleeps and costs nothing.
/// </summary>
internal sealed class HandlerWatch(TimeSpan limit) : IDisposable
{
    private const int QuietLooks = 4;                             // looks without a handler, after which it sleeps

    private readonly List<Watched> _loops = [];                   // under its own lock
    private readonly AutoResetEvent _signal = new(false);
    private int _asleep = 1;
    private bool _isStarted;
    private volatile bool _stopped;

    private sealed class Watched(SocketEventLoop loop)
    {
        public SocketEventLoop Loop => loop;

        public long Seen { get; set; }
    }

    public void Add(SocketEventLoop loop)
    {
        lock (_loops) _loops.Add(new Watched(loop));
    }

    public void Remove(SocketEventLoop loop)
    {
        lock (_loops) _loops.RemoveAll(each => each.Loop == loop);
    }

    /// <summary>A loop begins to run handlers.</summary>
    public void HandlersRun()
    {
        if (Volatile.Read(ref _asleep) == 0 || Interlocked.Exchange(ref _asleep, 0) == 0) return;
        lock (_loops)
        {
            if (_stopped) return;
            _signal.Set();
            if (_isStarted) return;
            _isStarted = true;
        }
        new Thread(Run) { IsBackground = true, Name = "WebRtcStack handler watch" }.Start();
    }

    public void Dispose()
    {
        lock (_loops)
        {
            _stopped = true;
            if (_isStarted) _signal.Set();                        // its thread gives it back
            else _signal.Dispose();
        }
    }

    private void Run()
    {
        int quiet = 0;
        while (!_stopped)
        {
            bool any = false;
            lock (_loops)
            {
                foreach (Watched each in _loops) any |= Look(each);
            }
            quiet = any ? 0 : quiet + 1;
            if (quiet < QuietLooks)
            {
                _signal.WaitOne(limit);
                continue;
            }
            quiet = 0;
            Volatile.Write(ref _asleep, 1);
            _signal.WaitOne();
        }
        _signal.Dispose();
    }

    // A run that was under way at the last look and still is has taken longer than the limit.
    private static bool Look(Watched watched)
    {
        long runs = watched.Loop.HandlerRuns;
        if (runs == watched.Seen && (runs & 1) != 0) watched.Loop.Replace(runs);
        bool any = runs != watched.Seen;
        watched.Seen = runs;
        return any;
    }
}
