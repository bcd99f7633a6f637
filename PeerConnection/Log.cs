using Microsoft.Extensions.Logging;

namespace WebRtcStack;

/// <summary>What connections log.</summary>
internal static partial class Log
{
    [LoggerMessage(EventId = 2001, Level = LogLevel.Error, Message = "An event handler of the application has thrown.")]
    public static partial void HandlerThrew(ILogger logger, Exception exception);
}
