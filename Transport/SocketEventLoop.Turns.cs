using WebRtcStack.Core;

namespace WebRtcStack.Transport;

/// <remarks>
/// The loop's turn is a lock: who has it, and nobody else, touches connections and sockets. The loop's thread has it for a pass and
/// gives it away while it waits and while handlers run. A thread that sends while the loop waits takes the turn and drains its
/// connection itself, which saves waking another thread.
/// </remarks>
public sealed partial class SocketEventLoop
{
    // A thread that sends again sooner than this after a turn wakes the loop, which then drains many messages together.
    private static readonly TimeSpan s_leastBetweenTurns = TimeSpan.FromMicroseconds(10);

    // When a handler has sent, the answer may come before the processor would have gone to sleep and woken: a loop in a conversation looks
    // for that long, unless looks turn out to be in vain, as on a machine that has other work.
    private static readonly TimeSpan s_conversationSpin = TimeSpan.FromMicroseconds(50);
    private const int MaxSpinCredit = 16, SpinTrial = 64;

    // Of the time to go, a deadline may be missed by this fraction, and by s_longestDelay at most: checks of consent and heartbeats of
    // connections that idle then meet on a grid, and one wake-up serves many. What is due within s_gatheredFrom is met in time.
    private const int GatheredFraction = 16;
    private static readonly TimeSpan s_gatheredFrom = TimeSpan.FromMilliseconds(500), s_longestDelay = TimeSpan.FromMilliseconds(256);

    private readonly object _turn = new();
    private readonly object _handlerGate = new();
    private readonly HandlerWatch _watch;
    private readonly string _name;
    private readonly Queue<CallbackQueue> _claimed = new();       // whose deliveries this thread runs when the pass has ended
    private CallbackQueue? _delivering;                           // under the gate, as all below
    private int _passThread;                                      // the thread that is in a pass of its own; 0 for none
    private Thread? _thread;
    private long _handlerRuns;                                    // odd while handlers run
    private int _awake;                                           // 1 while a wake-up is on its way or somebody has the turn
    private volatile bool _stopped;
    private Instant _waitsUntil = Instant.Never;                  // by the turn, as the next
    private long _lastTurn;
    private int _handlerThread;                                   // the loop's thread while handlers run on it; 0 for none
    private bool _hasAnswered;                                    // a handler has sent, so that an answer may follow soon
    private int _spinCredit, _waitsWithoutSpin;                   // the loop's thread's own

    private bool HandlersRunHere => _options.MaxHandlerTime > TimeSpan.Zero;

    /// <inheritdoc/>
    protected internal override bool TryDrain(LoopRegistration registration)
    {
        if (Volatile.Read(ref _awake) != 0) return false;
        Instant now = ReadClock();
        if (now.Ticks - Volatile.Read(ref _lastTurn) < s_leastBetweenTurns.Ticks || Interlocked.CompareExchange(ref _awake, 1, 0) != 0) return false;
        if (!Monitor.TryEnter(_turn))
        {
            _sockets.Wake();                                      // in place of all who now think that somebody is awake
            return false;
        }
        try
        {
            if (_stopped)
            {
                _sockets.Wake();                                  // its end may have relied on us to be awake
                return true;
            }
            if (Environment.CurrentManagedThreadId == _handlerThread) _hasAnswered = true;
            _now = now;
            Touch(registration);
            DrainConnections();
            _sockets.Flush();
            Volatile.Write(ref _lastTurn, ReadClock().Ticks);
            if (HasWork() || NextDeadline < _waitsUntil) _sockets.Wake();
            return true;
        }
        finally
        {
            Monitor.Exit(_turn);
        }
    }

    /// <inheritdoc/>
    protected override Instant Gather(Instant deadline)
    {
        if (deadline.IsNever) return deadline;
        TimeSpan rest = deadline - _now;
        if (rest < s_gatheredFrom) return deadline;
        long step = s_longestDelay.Ticks;
        while (step > rest.Ticks / GatheredFraction) step /= 2;
        return new Instant((deadline.Ticks + step - 1) / step * step);
    }

    /// <summary>For the watch: how many runs of handlers have begun and ended; odd while one is under way.</summary>
    internal long HandlerRuns => Volatile.Read(ref _handlerRuns);

    /// <summary>A run of handlers has taken too long: another thread goes on in place of the one that is held up.</summary>
    internal void Replace(long run)
    {
        CallbackQueue? late;
        lock (_handlerGate)
        {
            if (_handlerRuns != run) return;
            late = _delivering;
            while (_claimed.Count > 0) _claimed.Dequeue().Schedule();
            _handlerRuns++;
            StartThread();
        }
        late?.Penalise();                                         // outside: a queue holds its own lock when it asks for ours
    }

    private void StartThread()
    {
        _thread = new Thread(Run) { IsBackground = true, Name = _name };
        _thread.Start();
    }

    private void Run()
    {
        TimeSpan timeout = TimeSpan.Zero;
        do
        {
            Wait(timeout);
            lock (_turn)
            {
                if (_stopped) break;
                Volatile.Write(ref _awake, 1);                    // work that arrives from here on needs no signal: TimeToWait looks again
                Volatile.Write(ref _passThread, Environment.CurrentManagedThreadId);
                Pass();
                Volatile.Write(ref _passThread, 0);
                timeout = TimeToWait();
            }
        }
        while (RunHandlers());
        if (!_stopped || Thread.CurrentThread != _thread) return;
        lock (_turn) Close();
    }

    private void Pass()
    {
        _now = ReadClock();
        Instant due = NextDeadline;
        if (due <= _now) TransportMeter.Late(_now - due);
        _sockets.Receive(this);
        ReceiveStreams();
        ReceiveMessages();
        RunDeadlines();
        RunCommands();
        DrainConnections();
        _sockets.Flush();
        if (TransportMeter.MeasuresPasses) TransportMeter.Passed(ReadClock() - _now);
    }

    private void Close()
    {
        _watch.Remove(this);
        _ports.Clear();
        _tcp.Dispose();
        foreach (LoopStream stream in _streams.Values) stream.Connection!.Dispose();
        _sockets.Dispose();
    }

    // In a pass of the loop's own thread, which the queue's own thread then is until its deliveries are made.
    private bool Claim(CallbackQueue queue)
    {
        if (Volatile.Read(ref _passThread) != Environment.CurrentManagedThreadId) return false;
        lock (_handlerGate) _claimed.Enqueue(queue);
        return true;
    }

    // False when another thread has taken the loop over meanwhile.
    private bool RunHandlers()
    {
        long run;
        lock (_handlerGate)
        {
            if (_claimed.Count == 0) return true;
            run = ++_handlerRuns;
        }
        _watch.HandlersRun();
        _handlerThread = Environment.CurrentManagedThreadId;
        while (true)
        {
            CallbackQueue queue;
            lock (_handlerGate)
            {
                if (_handlerRuns != run) return false;
                if (_claimed.Count == 0)
                {
                    (_delivering, _handlerThread) = (null, 0);
                    _handlerRuns++;
                    return true;
                }
                _delivering = queue = _claimed.Dequeue();
            }
            queue.RunDeliveries();
        }
    }

    private void Wait(TimeSpan timeout)
    {
        bool answers = _hasAnswered;
        _hasAnswered = false;
        if (timeout != TimeSpan.Zero && (_options.SpinDuration > TimeSpan.Zero || (answers && MaySpin())))
        {
            Instant start = ReadClock(), end = start + (_options.SpinDuration > TimeSpan.Zero ? _options.SpinDuration : s_conversationSpin);
            bool isInTime = false, hasWork = false;
            while (!hasWork && ReadClock() < end)
            {
                hasWork = _sockets.Wait(TimeSpan.Zero);
                isInTime = hasWork && ReadClock() < end;          // else we had lost the processor meanwhile
            }
            if (answers) _spinCredit = isInTime ? Math.Min(_spinCredit + 1, MaxSpinCredit) : Math.Max(_spinCredit - 2, 0);
            if (hasWork) return;
        }
        _sockets.Wait(timeout);
    }

    // While looks pay; and one in many, to find out whether they would.
    private bool MaySpin() => _spinCredit > 0 || ++_waitsWithoutSpin % SpinTrial == 0;

    private TimeSpan TimeToWait()
    {
        if (HasWork()) return TimeSpan.Zero;
        _waitsUntil = NextDeadline;
        if (_waitsUntil.IsNever) return Timeout.InfiniteTimeSpan;
        TimeSpan rest = _waitsUntil - ReadClock();
        return rest > TimeSpan.Zero ? rest : TimeSpan.Zero;
    }

    // From here on, who brings work wakes the loop or takes the turn, unless there is work already.
    private bool HasWork()
    {
        if (HasDirtyConnections) return true;
        Volatile.Write(ref _awake, 0);
        Interlocked.MemoryBarrier();                              // either we see the work, or its poster sees us asleep
        return !_commands.IsEmpty || !_readyStreams.IsEmpty || _tcp.ReadyCount > 0 || _stopped;
    }

    private void Wake()
    {
        if (Interlocked.Exchange(ref _awake, 1) == 0) _sockets.Wake();
    }

    private Instant ReadClock() => new(_options.TimeProvider.GetElapsedTime(_origin).Ticks);
}
