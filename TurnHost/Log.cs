using Microsoft.Extensions.Logging;
using WebRtcStack.Core;

namespace WebRtcStack.TurnHost;

/// <summary>What the host logs. User names and addresses are at Debug alone.</summary>
internal static partial class Log
{
    [LoggerMessage(EventId = 8001, Level = LogLevel.Information, Message = "TURN server listens on {Address} over {Protocol}")]
    public static partial void Listening(ILogger logger, TransportAddress address, TransportProtocol protocol);

    [LoggerMessage(EventId = 8002, Level = LogLevel.Debug, Message = "TURN {Client}: {Username} relays at {Relay}")]
    public static partial void Allocated(ILogger logger, NetworkPath client, string? username, TransportAddress relay);

    [LoggerMessage(EventId = 8003, Level = LogLevel.Debug, Message = "TURN {Client}: the allocation of {Username} has ended")]
    public static partial void Ended(ILogger logger, NetworkPath client, string? username);

    [LoggerMessage(EventId = 8004, Level = LogLevel.Warning, Message = "TURN: no socket for a relayed address: {Reason}")]
    public static partial void NoRelay(ILogger logger, string reason);

    [LoggerMessage(EventId = 8005, Level = LogLevel.Error, Message = "TURN: a defect; the server goes on")]
    public static partial void Defect(ILogger logger, Exception exception);

    [LoggerMessage(EventId = 8006, Level = LogLevel.Warning, Message = "TURN: the authentication hook threw; the user is refused")]
    public static partial void AuthenticationThrew(ILogger logger, Exception exception);
}
