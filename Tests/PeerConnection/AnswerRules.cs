using WebRtcStack.Sdp;

namespace WebRtcStack.Tests.PeerConnection;

/// <summary>What an answer owes to its offer (RFC 3264 §6, RFC 9429 §5.3.1, RFC 9143 §7.3), whatever the offer is.</summary>
internal static class AnswerRules
{
    public static void Check(string file, SdpDescription offer, SdpDescription answer)
    {
        Assert.That(answer.FindMalformedAttribute(), Is.Null, file);
        Assert.That(answer.Media, Has.Count.EqualTo(offer.Media.Count), file);
        CheckBundles(file, offer, answer);
        for (int i = 0; i < offer.Media.Count; i++) Check($"{file} section {i}", offer, offer.Media[i], answer, answer.Media[i]);
    }

    private static void CheckBundles(string file, SdpDescription offer, SdpDescription answer)
    {
        List<IReadOnlyList<string>> offered = [.. offer.GetGroups(SdpGroup.Bundle)];
        foreach (IReadOnlyList<string> group in answer.GetGroups(SdpGroup.Bundle))
        {
            Assert.That(offered.Exists(each => group.All(each.Contains)), $"{file}: the bundle {string.Join(" ", group)} was not offered");
            foreach (string mid in group) Assert.That(answer.FindMedia(mid)!.Port, Is.Not.Zero, $"{file}: {mid} is bundled and rejected");
            Assert.That(group.Select(mid => answer.FindMedia(mid)!.Attributes.First("ice-ufrag")).Distinct().Count(), Is.EqualTo(1), $"{file}: a bundle has one transport");
        }
    }

    private static void Check(string where, SdpDescription offer, SdpMedia offered, SdpDescription answer, SdpMedia answered)
    {
        Assert.That((answered.Kind, answered.Protocol), Is.EqualTo((offered.Kind, offered.Protocol)), where);
        Assert.That(answered.Mid, Is.EqualTo(offered.Mid), where);
        bool isOffered = offered.Port != 0 || offered.Attributes.Contains("bundle-only");
        Assert.That(answered.Port == 0 || isOffered, $"{where}: what is not offered is not accepted");
        foreach (string name in new[] { "bundle-only", "rtcp-mux-only" }) Assert.That(answered.Attributes.Contains(name), Is.False, $"{where}: {name} is for offers");
        if (answered.Port == 0) return;
        Assert.That(answered.Attributes.First("setup"), Is.EqualTo("active").Or.EqualTo("passive"), where);
        Assert.That(answered.Attributes.First("setup"), Is.Not.EqualTo(offer.Inherited(offered, "setup")), where);
        Assert.That(answered.Attributes.Contains("ice-ufrag") && answered.Attributes.Contains("ice-pwd") && answered.Attributes.Contains("fingerprint"), where);
        Assert.That(answered.Attributes.Contains("tls-id"), Is.EqualTo(offer.Inherited(offered, "tls-id") is not null), $"{where}: tls-id if it is offered");
        if (offered.IsRtp) CheckMedia(where, offer, offered, answer, answered);
        else Assert.That(answered.Formats, Is.EqualTo(offered.Formats), where);
    }

    private static void CheckMedia(string where, SdpDescription offer, SdpMedia offered, SdpDescription answer, SdpMedia answered)
    {
        SdpDirection direction = Direction(offer, offered);
        Assert.That(answered.Direction, Is.Not.Null, where);
        Assert.That(answered.Direction!.Value & ~direction.Reverse(), Is.EqualTo(SdpDirection.Inactive), $"{where}: {answered.Direction} to {direction}");
        Assert.That(answered.Formats, Is.Not.Empty.And.SubsetOf(offered.Formats), where);
        foreach (SdpCodec codec in answered.GetCodecs())
            Assert.That(offered.GetCodecs().Any(each => each.PayloadType == codec.PayloadType && each.HasSameEncoding(codec)), $"{where}: {codec.PayloadType} {codec.Name} was something else");
        foreach (SdpExtmap extmap in SdpExtmap.ReadAll(answered.Attributes))
            Assert.That(SdpExtmap.ReadAll(offered.Attributes).Any(each => each.Id == extmap.Id && each.Uri == extmap.Uri), $"{where}: extmap {extmap}");
        bool isBundled = answer.GetGroups(SdpGroup.Bundle).Any(group => group.Contains(answered.Mid!));
        Assert.That(answered.Attributes.Contains("rtcp-mux"), Is.EqualTo(isBundled || offered.Attributes.Contains("rtcp-mux")), where);
    }

    private static SdpDirection Direction(SdpDescription description, SdpMedia section) => section.Direction ??
        description.Attributes.Select(line => SdpDirectionNames.TryParse(line.Name, out SdpDirection inherited) ? inherited : (SdpDirection?)null).FirstOrDefault(each => each is not null) ?? SdpDirection.SendRecv;
}
