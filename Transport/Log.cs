using Microsoft.Extensions.Logging;

namespace WebRtcStack.Transport;

/// <summary>What the transport logs.</summary>
internal static partial class Log
{
    [LoggerMessage(EventId = 1001, Level = LogLevel.Critical, Message = "A connection has thrown, which is a defect of the library; it was closed.")]
    public static partial void ConnectionThrew(ILogger logger, Exception exception);

    [LoggerMessage(EventId = 1002, Level = LogLevel.Error, Message = "An event handler of the application has thrown.")]
    public static partial void CallbackThrew(ILogger logger, Exception exception);
}
