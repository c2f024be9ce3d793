using System.Text;
using AiMesh.AuthService.Passwords;
using Grpc.Core;
using Microsoft.Extensions.Options;

namespace AiMesh.AuthService.Tests.Passwords;

public sealed class PasswordHasherTests
{
    private static PasswordHasher Create(PasswordOptions? options = null) => new(Options.Create(options ?? new PasswordOptions()));

    [Theory]
    [InlineData(true, "$argon2id$v=19$m=19456,t=2,p=1$")]
    [InlineData(false, "$pbkdf2-sha512$i=210000$")]
    public void Hash_OfAPassword_MatchesThatPasswordOnly(bool argon2, string prefix)
    {
        using var hasher = Create(new PasswordOptions { PreferArgon2 = argon2 });

        var hash = hasher.Hash("correct horse");

        Assert.StartsWith(prefix, hash, StringComparison.Ordinal);
        Assert.Equal(new PasswordMatch(true, false), hasher.Verify("correct horse", hash));
        Assert.Equal(new PasswordMatch(false, false), hasher.Verify("Correct horse", hash));
    }

    [Fact]
    public void Hash_Twice_DiffersBySalt()
    {
        using var hasher = Create();
        Assert.NotEqual(hasher.Hash("correct horse"), hasher.Hash("correct horse"));
    }

    [Fact]
    public void Hash_OfUnicode_MatchesIt()
    {
        using var hasher = Create();
        var hash = hasher.Hash("пароль 🐎 und so");
        Assert.True(hasher.Verify("пароль 🐎 und so", hash).Matches);
        Assert.False(hasher.Verify("пароль 🐴 und so", hash).Matches);
    }

    [Fact]
    public void Verify_WithoutAccount_NeverMatches()
    {
        using var hasher = Create();
        Assert.False(hasher.Verify("", null).Matches);
        Assert.False(hasher.Verify("anything", null).Matches);
    }

    [Theory]
    [InlineData(true, 8192, 2, 210_000)]
    [InlineData(true, 19_456, 1, 210_000)]
    [InlineData(false, 19_456, 2, 220_000)]
    public void Verify_OfHashWithOtherParameters_AsksForANewOne(bool argon2, int memory, int passes, int rounds)
    {
        using var old = Create(new PasswordOptions { PreferArgon2 = argon2, Argon2MemoryKiB = memory, Argon2Passes = passes, Pbkdf2Rounds = rounds });
        using var today = Create();

        Assert.Equal(new PasswordMatch(true, true), today.Verify("correct horse", old.Hash("correct horse")));
        Assert.Equal(new PasswordMatch(false, false), today.Verify("wrong horse", old.Hash("correct horse")));
    }

    // The reference implementation's own test: https://github.com/P-H-C/phc-winner-argon2/blob/master/src/test.c
    [Fact]
    public void Argon2id_OfReferenceVector_IsTheReferenceHash()
    {
        Assert.True(PhcString.TryParse("$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc", out var vector));
        Assert.Equal(vector.Hash, new Argon2id(1, 1).HashLike(vector, "password"u8));
    }

    // RFC 6070's first vector, as published for SHA-512.
    [Fact]
    public void Pbkdf2_OfPublishedVector_IsThePublishedHash()
    {
        var hash = Convert.FromHexString("867F70CF1ADE02CFF3752599A3A53DC4AF34C7A669815AE5D513554E1C8CF252C02D470A285A0501BAD999BFE943C08F050235D7D68B1DA55E63F73B60A57FCE");
        Assert.True(PhcString.TryParse($"$pbkdf2-sha512$i=1$c2FsdA${Convert.ToBase64String(hash).TrimEnd('=')}", out var vector));
        Assert.Equal(hash, new Pbkdf2(1).HashLike(vector, "password"u8));
    }

    [Theory]
    [InlineData("")]
    [InlineData("secret")]
    [InlineData("$2b$12$abcdefghijklmnopqrstuv")]
    [InlineData("$argon2id$v=19$m=19456,t=2$c29tZXNhbHQ$CTFh")]
    [InlineData("$argon2id$v=19$t=2,m=19456,p=1$c29tZXNhbHQ$CTFh")]
    [InlineData("$argon2id$v=19$m=-1,t=2,p=1$c29tZXNhbHQ$CTFh")]
    [InlineData("$argon2id$v=19$m=19456,t=2,p=1$$CTFh")]
    [InlineData("$argon2id$v=19$m=19456,t=2,p=1$c29tZXNhbHQ$*")]
    public void TryParse_OfMalformedHash_IsFalse(string text) => Assert.False(PhcString.TryParse(text, out _));

    [Fact]
    public async Task TakeTurn_WhenTooManyWait_IsRefusedWithARetryDelay()
    {
        using var hasher = Create(new PasswordOptions { MaxConcurrentHashes = 1, MaxWaiting = 1 });
        using var first = (await hasher.TakeTurnAsync(CancellationToken.None)).Value;
        var second = hasher.TakeTurnAsync(CancellationToken.None);

        var third = await hasher.TakeTurnAsync(CancellationToken.None);

        Assert.Equal(StatusCode.ResourceExhausted, third.Error.Code);
        Assert.NotNull(third.Error.RetryAfter);
        Assert.False(second.IsCompleted);
        first.Dispose();
        (await second).Value.Dispose();
        Assert.True((await hasher.TakeTurnAsync(CancellationToken.None)).IsOk);
    }

    [Fact]
    public async Task TakeTurn_GivenUp_LeavesItsPlaceToOthers()
    {
        using var hasher = Create(new PasswordOptions { MaxConcurrentHashes = 1, MaxWaiting = 1 });
        using var first = (await hasher.TakeTurnAsync(CancellationToken.None)).Value;
        using var gone = new CancellationTokenSource();
        var waiting = hasher.TakeTurnAsync(gone.Token);

        await gone.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting);

        var next = hasher.TakeTurnAsync(CancellationToken.None);
        first.Dispose();
        (await next).Value.Dispose();
    }

    [Fact]
    public void Hash_OfAnyPassword_DoesNotHoldIt()
    {
        using var hasher = Create();
        var hash = hasher.Hash("correct horse");
        Assert.DoesNotContain("correct", hash, StringComparison.Ordinal);
        Assert.DoesNotContain(Convert.ToBase64String(Encoding.UTF8.GetBytes("correct horse")), hash, StringComparison.Ordinal);
    }
}
