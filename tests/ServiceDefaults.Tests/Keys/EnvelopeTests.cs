using System.Security.Cryptography;
using AiMesh.ServiceDefaults.Keys;

namespace AiMesh.ServiceDefaults.Tests.Keys;

public sealed class EnvelopeTests
{
    private static readonly byte[] Secret = "the private key"u8.ToArray();
    private static readonly MasterKeyRing Ring = new("the first passphrase");

    [Fact]
    public void Open_WithTheSameMasterKey_GivesTheSecret() =>
        Assert.Equal(Secret, Envelope.Seal(Ring, Secret, "key 1").Open(new MasterKeyRing("the first passphrase"), "key 1"));

    [Fact]
    public void Seal_Twice_SharesNothing()
    {
        var (first, second) = (Envelope.Seal(Ring, Secret, "key 1"), Envelope.Seal(Ring, Secret, "key 1"));
        Assert.NotEqual(first.Secret, second.Secret);
        Assert.NotEqual(first.DataKey, second.DataKey);
    }

    [Fact]
    public void Open_WithAnotherMasterKey_NamesTheVersion()
    {
        var envelope = Envelope.Seal(Ring, Secret, "key 1");
        var exception = Assert.Throws<InvalidOperationException>(() => envelope.Open(new MasterKeyRing("another passphrase"), "key 1"));
        Assert.Contains(Ring.Current.Version, exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Open_UnderAnotherName_Fails()
    {
        var envelope = Envelope.Seal(Ring, Secret, "key 1");
        Assert.Throws<InvalidOperationException>(() => envelope.Open(Ring, "key 2"));
    }

    [Fact]
    public void Open_WithAnyChangedByte_Fails()
    {
        var envelope = Envelope.Seal(Ring, Secret, "key 1");
        for (var i = 0; i < envelope.Secret.Length; i++)
            Assert.Throws<InvalidOperationException>(() => (envelope with { Secret = Flip(envelope.Secret, i) }).Open(Ring, "key 1"));
        for (var i = 0; i < envelope.DataKey.Length; i++)
            Assert.Throws<InvalidOperationException>(() => (envelope with { DataKey = Flip(envelope.DataKey, i) }).Open(Ring, "key 1"));
    }

    [Fact]
    public void Rewrap_ToANewMasterKey_NeedsTheOldOneOnlyOnce()
    {
        var old = Envelope.Seal(Ring, Secret, "key 1");

        var rewrapped = old.Rewrap(new MasterKeyRing("the second passphrase", "the first passphrase"), "key 1");

        Assert.Equal(old.Secret, rewrapped.Secret);
        Assert.Equal(Secret, rewrapped.Open(new MasterKeyRing("the second passphrase"), "key 1"));
        Assert.Throws<InvalidOperationException>(() => rewrapped.Open(Ring, "key 1"));
    }

    [Fact]
    public void MasterKey_OfBase64_IsTakenAsBytes()
    {
        var bytes = RandomNumberGenerator.GetBytes(32);
        var key = new MasterKey(Convert.ToBase64String(bytes));
        Assert.Equal(key.Version, new MasterKey(Convert.ToBase64String(bytes)).Version);
        Assert.NotEqual(key.KeyFor("one purpose"), key.KeyFor("another purpose"));
        Assert.Equal(32, key.KeyFor("one purpose").Length);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("  ")]
    public void MasterKeyRing_WithoutMasterKey_SaysWhichSettingIsMissing(string? configured) =>
        Assert.Contains("Mesh:MasterKey", Assert.Throws<InvalidOperationException>(() => new MasterKeyRing(configured)).Message, StringComparison.Ordinal);

    private static byte[] Flip(byte[] bytes, int index)
    {
        var changed = bytes.ToArray();
        changed[index] ^= 1;
        return changed;
    }
}
