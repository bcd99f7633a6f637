namespace WebRtcStack;

/// <summary>Waits for a task that cannot be cancelled itself.</summary>
internal static class Cancellable
{
    public static async Task WaitAsync(Task task, CancellationToken cancellationToken)
    {
        if (!task.IsCompleted && cancellationToken.CanBeCanceled)
        {
            TaskCompletionSource<bool> cancelled = new(TaskCreationOptions.RunContinuationsAsynchronously);
            using CancellationTokenRegistration registration = cancellationToken.Register(() => cancelled.TrySetResult(true));
            if (await Task.WhenAny(task, cancelled.Task).ConfigureAwait(false) != task) throw new OperationCanceledException(cancellationToken);
        }
        await task.ConfigureAwait(false);
    }
}
