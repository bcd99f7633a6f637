using WebRtcStack.Turn;

namespace WebRtcStack.Tests.Turn;

/// <summary>The server's table, beside Dictionary, with hashes that fall together more often than not.</summary>
internal sealed class FlatMapTests
{
    private sealed record Value(int Key);

    [FsCheck.NUnit.Property(MaxTest = 200)]
    public void Map_UnderAnyOperations_HoldsWhatADictionaryHolds(byte[] operations, byte hashes)
    {
        FlatMap<int, Value> map = new(static (value, key) => value.Key == key);
        Dictionary<int, Value> model = [];
        foreach (byte operation in operations)
        {
            int key = operation & 31;
            uint hash = (uint)(key % (1 + (hashes & 7)));
            switch (operation >> 5)
            {
                case < 4:
                    if (!model.TryAdd(key, new Value(key))) break;
                    map.Add(hash, model[key]);
                    break;
                case < 7:
                    Assert.That(map.Remove(hash, key), Is.EqualTo(model.Remove(key)));
                    break;
                default:
                    int gone = model.Keys.Count(each => each % 3 == 0);
                    Assert.That(map.RemoveAll(static value => value.Key % 3 == 0), Is.EqualTo(gone));
                    foreach (int each in model.Keys.Where(static each => each % 3 == 0).ToArray()) model.Remove(each);
                    break;
            }
            Assert.That(map.Values, Is.EquivalentTo(model.Values));
            Assert.That(map.Count, Is.EqualTo(model.Count));
            for (int each = 0; each < 32; each++)
                Assert.That(map.TryGet((uint)(each % (1 + (hashes & 7))), each, out Value? found) ? found : null, Is.SameAs(model.GetValueOrDefault(each)));
        }
    }
}
