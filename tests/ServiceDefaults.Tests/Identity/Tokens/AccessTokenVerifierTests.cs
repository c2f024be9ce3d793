using System.Security.Cryptography;
using AiMesh.ServiceDefaults.Identity;
using AiMesh.ServiceDefaults.Identity.Tokens;

namespace AiMesh.ServiceDefaults.Tests.Identity.Tokens;

public sealed class AccessTokenVerifierTests : IDisposable
{
    private readonly TokenBench _bench = new();

    public void Dispose() => _bench.Dispose();

    [Fact]
    public async Task Verify_WithGenuineToken_GivesTheClaimsThatWereWritten()
    {
        var written = _bench.Claims;

        var verified = Assert.IsType<VerifiedToken>(await _bench.VerifyAsync(_bench.Write(written)));

        Assert.Equal(written.Roles.AsEnumerable(), verified.Claims.Roles);
        Assert.Equal(written.Attributes.AsEnumerable(), verified.Claims.Attributes);
        Assert.Equal(written with { Roles = default, Attributes = null! }, verified.Claims with { Roles = default, Attributes = null! });
        Assert.Equal(PrincipalKind.User, verified.Principal.Kind);
        Assert.Equal("demo", verified.Principal.Organisation);
        Assert.True(verified.Principal.Allows("data:read:surveys"));
        Assert.False(verified.Principal.Allows("data:write:surveys"));
    }

    [Theory]
    [InlineData(PrincipalKind.User)]
    [InlineData(PrincipalKind.ApiKey)]
    [InlineData(PrincipalKind.Client)]
    [InlineData(PrincipalKind.Device)]
    public async Task Verify_WithEachKind_KeepsIt(PrincipalKind kind)
    {
        var verified = Assert.IsType<VerifiedToken>(await _bench.VerifyAsync(_bench.Write(_bench.Claims with { Kind = kind })));

        Assert.Equal(kind, verified.Principal.Kind);
    }

    [Fact]
    public async Task Verify_WithoutOptionalClaims_LeavesThemOut()
    {
        var verified = Assert.IsType<VerifiedToken>(await _bench.VerifyAsync(_bench.Write(_bench.Claims with { Email = null, DisplayName = null })));

        Assert.Null(verified.Principal.Email);
        Assert.Null(verified.Principal.DisplayName);
    }

    [Fact]
    public async Task Verify_WithinTheSkew_StillAccepts()
    {
        var token = _bench.Token();

        _bench.Time.Advance(TimeSpan.FromMinutes(10) + TimeSpan.FromSeconds(29));
        _bench.Revocations.Apply(new RevocationDocument(0, []));

        Assert.IsType<VerifiedToken>(await _bench.VerifyAsync(token));
    }

    [Fact]
    public async Task Verify_OfRememberedToken_NoticesThatItExpired()
    {
        var token = _bench.Token();
        Assert.IsType<VerifiedToken>(await _bench.VerifyAsync(token));

        _bench.Time.Advance(TimeSpan.FromMinutes(10) + TimeSpan.FromSeconds(30));

        Assert.Equal(TokenRejection.Expired, await _bench.ReasonAsync(token));
    }

    [Fact]
    public async Task Verify_OfFutureToken_WaitsForItsTime()
    {
        var now = _bench.Time.GetUtcNow();
        var token = _bench.Write(_bench.Claims with { NotBefore = now.AddSeconds(31), Expires = now.AddHours(1) });

        Assert.Equal(TokenRejection.NotYetValid, await _bench.ReasonAsync(token));
        _bench.Time.Advance(TimeSpan.FromSeconds(1));
        Assert.IsType<VerifiedToken>(await _bench.VerifyAsync(token));
    }

    [Fact]
    public async Task Verify_OfTokenIssuedInTheFuture_Refuses()
    {
        var token = _bench.Write(_bench.Claims with { IssuedAt = _bench.Time.GetUtcNow().AddSeconds(31) });

        Assert.Equal(TokenRejection.NotYetValid, await _bench.ReasonAsync(token));
    }

    [Theory]
    [InlineData("https://aimesh/")]
    [InlineData("https://AIMESH")]
    [InlineData("https://evil")]
    public async Task Verify_WithAnotherIssuer_Refuses(string issuer) =>
        Assert.Equal(TokenRejection.WrongIssuer, await _bench.ReasonAsync(_bench.Write(_bench.Claims with { Issuer = issuer })));

    [Theory]
    [InlineData("AiMesh")]
    [InlineData("aimesh2")]
    public async Task Verify_WithAnotherAudience_Refuses(string audience) =>
        Assert.Equal(TokenRejection.WrongAudience, await _bench.ReasonAsync(_bench.Write(_bench.Claims with { Audience = audience })));

    [Fact]
    public async Task Verify_OfRememberedToken_NoticesRevocation()
    {
        var token = _bench.Token();
        Assert.IsType<VerifiedToken>(await _bench.VerifyAsync(token));

        _bench.Revocations.Apply(new RevocationDocument(1, [new RevocationEntry(RevocationIds.OfSession("session-1"), null, _bench.Now + 3600)]));

        Assert.Equal(TokenRejection.Revoked, await _bench.ReasonAsync(token));
    }

    [Fact]
    public async Task Verify_OfTokenThatWasRevokedBeforeItWasSeen_Refuses()
    {
        _bench.Revocations.Apply(new RevocationDocument(1, [new RevocationEntry(RevocationIds.OfSession("session-1"), null, _bench.Now + 3600)]));

        Assert.Equal(TokenRejection.Revoked, await _bench.ReasonAsync(_bench.Token()));
    }

    [Fact]
    public async Task Verify_BeforeRevocationsWereHeardOf_BelievesNobody()
    {
        var revocations = new RevocationList(_bench.Time);
        var verifier = new AccessTokenVerifier(_bench, revocations, Microsoft.Extensions.Options.Options.Create(_bench.Options), _bench.Time);
        var refused = Assert.IsType<TokenRejected>(await verifier.VerifyAsync(_bench.Token(), CancellationToken.None));
        Assert.Equal(TokenRejection.AuthorityUnavailable, refused.Reason);

        revocations.Apply(new RevocationDocument(0, []));
        Assert.IsType<VerifiedToken>(await verifier.VerifyAsync(_bench.Token(), CancellationToken.None));
    }

    [Fact]
    public async Task Verify_OfRememberedToken_StaysGoodWhenAnotherIsRevoked()
    {
        var token = _bench.Token();
        Assert.IsType<VerifiedToken>(await _bench.VerifyAsync(token));

        _bench.Revocations.Apply(new RevocationDocument(1, [new RevocationEntry(RevocationIds.OfSession("session-2"), null, _bench.Now + 3600)]));

        Assert.IsType<VerifiedToken>(await _bench.VerifyAsync(token));
    }

    [Fact]
    public async Task Verify_WhileNobodyConfirmsRevocations_RefusesAfterFiveMinutes_UntilSomebodyDoes()
    {
        var (known, unknown) = (_bench.Token(), _bench.Write(_bench.Claims with { TokenId = "token-2" }));
        Assert.IsType<VerifiedToken>(await _bench.VerifyAsync(known));

        _bench.Time.Advance(TimeSpan.FromMinutes(5));
        Assert.IsType<VerifiedToken>(await _bench.VerifyAsync(known));
        Assert.NotNull(_bench.Verifier.FindVerified(known));

        _bench.Time.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(TokenRejection.AuthorityUnavailable, await _bench.ReasonAsync(known));
        Assert.Equal(TokenRejection.AuthorityUnavailable, await _bench.ReasonAsync(unknown));
        Assert.Null(_bench.Verifier.FindVerified(known));

        _bench.Revocations.Apply(new RevocationDocument(0, []));
        Assert.IsType<VerifiedToken>(await _bench.VerifyAsync(known));
        Assert.IsType<VerifiedToken>(await _bench.VerifyAsync(unknown));
    }

    [Fact]
    public async Task Verify_OfRememberedToken_NoticesThatItsKeyWasWithdrawn()
    {
        var token = _bench.Token();
        Assert.IsType<VerifiedToken>(await _bench.VerifyAsync(token));

        using var other = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        _bench.Current = AccessTokenKeySet.Create(("other", other));

        Assert.Equal(TokenRejection.UnknownKey, await _bench.ReasonAsync(token));
    }

    [Fact]
    public async Task Verify_WithoutAnyKeys_SaysThatTheAuthorityIsAway()
    {
        _bench.Current = AccessTokenKeySet.Empty;

        Assert.Equal(TokenRejection.AuthorityUnavailable, await _bench.ReasonAsync(_bench.Token()));
    }

    [Fact]
    public async Task Verify_OfRememberedToken_AllocatesNothing()
    {
        var token = _bench.Token();
        await _bench.VerifyAsync(token);

        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 1000; i++) await _bench.Verifier.VerifyAsync(token, CancellationToken.None);

        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 1000);
    }

    [Fact]
    public void Write_OfAnonymous_IsRefused() =>
        Assert.Throws<ArgumentException>(() => _bench.Write(_bench.Claims with { Kind = PrincipalKind.Anonymous }));

    [Fact]
    public void Write_OfMoreThanATokenHolds_IsRefused() =>
        Assert.Throws<ArgumentException>(() => _bench.Write(_bench.Claims with { DisplayName = new string('x', 9000) }));

    [Fact]
    public void Writer_WithKeyOnAnotherCurve_IsRefused()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP384);
        Assert.Throws<ArgumentException>(() => new AccessTokenWriter("kid", key));
    }

    [Theory]
    [InlineData("")]
    [InlineData("../key")]
    [InlineData("key\"")]
    [InlineData("a b")]
    public void Writer_WithKeyIdThatIsNoPlainName_IsRefused(string keyId)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        Assert.Throws<ArgumentException>(() => new AccessTokenWriter(keyId, key));
    }
}
