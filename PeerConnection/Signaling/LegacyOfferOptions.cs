namespace WebRtcStack;

/// <summary>offerToReceiveAudio and offerToReceiveVideo (webrtc-pc §4.4.3.2), which came before transceivers.</summary>
internal static class LegacyOfferOptions
{
    public static void Apply(ConnectionContext context, RTCOfferOptions options)
    {
#pragma warning disable CS0618   // the obsolete members are honoured where they are used
        Apply(context, MediaKind.Audio, options.OfferToReceiveAudio);
        Apply(context, MediaKind.Video, options.OfferToReceiveVideo);
#pragma warning restore CS0618
    }

    private static void Apply(ConnectionContext context, MediaKind kind, bool? receives)
    {
        RTCRtpTransceiver[] ofKind = [.. context.Transceivers.All.Where(transceiver => transceiver.Kind == kind && !transceiver.IsStopping)];
        if (receives is null) return;
        if (receives.Value)
        {
            if (Array.Exists(ofKind, transceiver => transceiver.Direction.Receives())) return;
            context.Transceivers.Create(kind, RTCRtpTransceiverDirection.RecvOnly, null, []);
            context.Needed.Update();
            return;
        }
        foreach (RTCRtpTransceiver transceiver in ofKind)
        {
            if (!transceiver.Direction.Receives()) continue;
            transceiver.SetDirection(transceiver.Direction.Sends() ? RTCRtpTransceiverDirection.SendOnly : RTCRtpTransceiverDirection.Inactive);
            context.Needed.Update();
        }
    }
}
