using WebRtcStack.Core;

namespace WebRtcStack.Sctp;

/// <summary>What became of a re-configuration request (RFC 6525 §4.4).</summary>
internal enum ReconfigResult : uint
{
    NothingToDo = 0,
    Performed = 1,
    Denied = 2,
    WrongSsn = 3,
    RequestAlreadyInProgress = 4,
    BadSequenceNumber = 5,
    InProgress = 6,
}

/// <summary>Writes the parameters of RE-CONFIG (RFC 6525 §4).</summary>
internal static class ReconfigParameter
{
    public const int RequestHeaderLength = 16;
    public const int ResponseLength = 12;

    //  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
    // +-------------------------------+-------------------------------+
    // |     Parameter Type = 13       | Parameter Length = 16 + 2 * N |
    // +---------------------------------------------------------------+
    // |           Re-configuration Request Sequence Number            |
    // +---------------------------------------------------------------+
    // |           Re-configuration Response Sequence Number           |
    // +---------------------------------------------------------------+
    // |                Sender's Last Assigned TSN                     |
    // +-------------------------------+-------------------------------+
    // |  Stream Number 1 (optional)   |    Stream Number 2 (optional) |

    public static void WriteOutgoing(ref WireWriter writer, uint number, uint responseNumber, uint lastTsn, List<OutgoingStream> streams)
    {
        int start = Begin(ref writer, ParameterType.OutgoingSsnResetRequest, number);
        writer.WriteUInt32(responseNumber);
        writer.WriteUInt32(lastTsn);
        foreach (OutgoingStream stream in streams) writer.WriteUInt16(stream.Id);
        Chunk.End(ref writer, start);
    }

    // +-------------------------------+-------------------------------+
    // |     Parameter Type = 14       |  Parameter Length = 8 + 2 * N |
    // +---------------------------------------------------------------+
    // |          Re-configuration Request Sequence Number             |
    // +-------------------------------+-------------------------------+
    // |  Stream Number 1 (optional)   |    Stream Number 2 (optional) |

    public static void WriteIncoming(ref WireWriter writer, uint number, List<ushort> streams)
    {
        int start = Begin(ref writer, ParameterType.IncomingSsnResetRequest, number);
        foreach (ushort stream in streams) writer.WriteUInt16(stream);
        Chunk.End(ref writer, start);
    }

    // +-------------------------------+-------------------------------+
    // |     Parameter Type = 16       |      Parameter Length         |
    // +---------------------------------------------------------------+
    // |         Re-configuration Response Sequence Number             |
    // +---------------------------------------------------------------+
    // |                            Result                             |

    public static void WriteResponse(ref WireWriter writer, uint number, ReconfigResult result)
    {
        int start = Begin(ref writer, ParameterType.ReconfigResponse, number);
        writer.WriteUInt32((uint)result);
        Chunk.End(ref writer, start);
    }

    private static int Begin(ref WireWriter writer, ParameterType type, uint number)
    {
        int start = writer.Length;
        writer.WriteUInt16((ushort)type);
        writer.WriteUInt16(0);                                        // Chunk.End fills it in
        writer.WriteUInt32(number);
        return start;
    }
}
