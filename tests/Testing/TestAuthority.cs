using System.Collections.Immutable;
using System.Globalization;
using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using AiMesh.Common.V1;
using AiMesh.ServiceDefaults.Identity;
using AiMesh.ServiceDefaults.Identity.Tokens;
using AiMesh.ServiceDefaults.Permissions;
using AiMesh.ServiceDefaults.Permissions.Policies;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace AiMesh.Testing;

/// <summary>
/// A stand-in for AuthService on loopback: owns an ES256 key, serves its keys, revocations and access policies, and issues
/// tokens for tests. It can be stopped and started again on the same port, to play an outage.
/// </summary>
public sealed class TestAuthority : IAsyncDisposable
{
    private readonly Lock _state = new();
    private readonly List<RevocationEntry> _revoked = [];
    private readonly List<PolicySet> _policies = [];
    private readonly int _port = FreePort.Next();
    private List<(string KeyId, ECDsa Key)> _keys = [];
    private WebApplication? _app;
    private int _keyFetches;
    private int _revocationFetches;

    private readonly X509Certificate2? _certificate;

    private TestAuthority(X509Certificate2? certificate)
    {
        _certificate = certificate;
        RotateKey();
    }

    /// <summary>The base address.</summary>
    public Uri Address => new(string.Create(CultureInfo.InvariantCulture, $"{(_certificate is null ? "http" : "https")}://127.0.0.1:{_port}"));

    /// <summary>
    /// Configuration that makes a service trust this authority: over plain HTTP, and all the mesh with it, or as the service "auth" when it has a
    /// certificate.
    /// </summary>
    public IReadOnlyDictionary<string, string?> Settings => _certificate is null
        ? new Dictionary<string, string?> { ["Mesh:Auth:Authority"] = Address.ToString(), ["Mesh:Certificate:Mode"] = "None" }
        : new Dictionary<string, string?> { ["Services:auth:https:0"] = Address.ToString() };

    /// <summary>How often keys were fetched.</summary>
    public int KeyFetches => Volatile.Read(ref _keyFetches);

    /// <summary>How often revocations were fetched.</summary>
    public int RevocationFetches => Volatile.Read(ref _revocationFetches);

    /// <summary>Signs with the newest key.</summary>
    public AccessTokenWriter Writer { get; private set; } = null!;

    /// <param name="certificate">With one it listens with TLS, and asks nobody for theirs.</param>
    public static async Task<TestAuthority> StartAsync(X509Certificate2? certificate = null)
    {
        var authority = new TestAuthority(certificate);
        await authority.StartAgainAsync();
        return authority;
    }

    /// <summary>Listens again after <see cref="StopAsync"/>.</summary>
    public async Task StartAgainAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Configuration.Sources.Clear(); // The appsettings.json of a tested service may lie beside the tests; it is not meant for this server.
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, _port, endpoint =>
        {
            if (_certificate is not null) endpoint.UseHttps(_certificate);
        }));
        _app = builder.Build();
        _app.MapGet(JwksKeySource.Path, () =>
        {
            Interlocked.Increment(ref _keyFetches);
            lock (_state) return Results.Bytes(AccessTokenKeySet.Create(_keys).ToJwks(), "application/json");
        });
        _app.MapGet(RevocationDocument.Path, (long after) =>
        {
            Interlocked.Increment(ref _revocationFetches);
            lock (_state) return Results.Bytes(new RevocationDocument(_revoked.Count, [.. _revoked.Skip((int)Math.Min(after, int.MaxValue))]).ToJson(), "application/json");
        });
        _app.MapGet(AccessPolicyDocument.Path, (long after) =>
        {
            lock (_state)
            {
                var changed = _policies.Skip((int)Math.Min(after, int.MaxValue)).GroupBy(static set => set.Organisation).Select(static sets => sets.Last());
                return Results.Bytes(new AccessPolicyDocument(_policies.Count, More: false, [.. changed]).ToJson(), "application/json");
            }
        });
        await _app.StartAsync();
    }

    /// <summary>Stops listening; keys and revocations are kept.</summary>
    public async Task StopAsync()
    {
        if (_app is { } app) await app.DisposeAsync();
        _app = null;
    }

    /// <summary>Publishes another key beside the known ones and signs with it from now on.</summary>
    public void RotateKey()
    {
        lock (_state)
        {
            var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
            var keyId = string.Create(CultureInfo.InvariantCulture, $"key-{_keys.Count + 1}");
            _keys = [.. _keys, (keyId, key)];
            Writer = new AccessTokenWriter(keyId, key);
        }
    }

    /// <summary>Takes all keys but the newest out of the document.</summary>
    public void WithdrawOldKeys()
    {
        lock (_state) _keys = [_keys[^1]];
    }

    /// <summary>A signed access token. Every argument has a default; without permissions nothing is granted.</summary>
    public string Token(
        string subject = "alice",
        string organisation = "demo",
        IEnumerable<string>? roles = null,
        IEnumerable<string>? permissions = null,
        IReadOnlyDictionary<string, string>? attributes = null,
        Tier tier = Tier.Free,
        TimeSpan? lifetime = null,
        PrincipalKind kind = PrincipalKind.User,
        string? tokenId = null,
        string? sessionId = null) => Writer.Write(Claims(subject, organisation, roles, permissions, attributes, tier, lifetime, kind, tokenId, sessionId));

    /// <summary>The claims of <see cref="Token"/>, to be changed with <c>with</c> and signed by <see cref="Writer"/>.</summary>
    public static AccessTokenClaims Claims(
        string subject = "alice",
        string organisation = "demo",
        IEnumerable<string>? roles = null,
        IEnumerable<string>? permissions = null,
        IReadOnlyDictionary<string, string>? attributes = null,
        Tier tier = Tier.Free,
        TimeSpan? lifetime = null,
        PrincipalKind kind = PrincipalKind.User,
        string? tokenId = null,
        string? sessionId = null)
    {
        var now = DateTimeOffset.UtcNow;
        return new AccessTokenClaims
        {
            Issuer = "https://aimesh",
            Audience = "aimesh",
            Subject = subject,
            Organisation = organisation,
            Kind = kind,
            Roles = [.. roles ?? []],
            Permissions = PermissionSet.Create(permissions ?? []),
            Attributes = (attributes ?? ImmutableDictionary<string, string>.Empty).ToImmutableDictionary(StringComparer.Ordinal),
            Tier = tier,
            TokenId = tokenId ?? Guid.NewGuid().ToString("N"),
            SessionId = sessionId ?? Guid.NewGuid().ToString("N"),
            Email = $"{subject}@{organisation}.example",
            DisplayName = subject,
            IssuedAt = now,
            NotBefore = now,
            Expires = now + (lifetime ?? TimeSpan.FromMinutes(10)),
        };
    }

    /// <summary>Publishes that one token is revoked.</summary>
    public void RevokeToken(string tokenId) => Add(RevocationIds.OfToken(tokenId), issuedBefore: null);

    /// <summary>Publishes that all tokens of a session are revoked.</summary>
    public void RevokeSession(string sessionId) => Add(RevocationIds.OfSession(sessionId), issuedBefore: null);

    /// <summary>Publishes that tokens of a subject issued before a moment (default: until now) are revoked.</summary>
    public void RevokeSubject(string organisation, string subject, DateTimeOffset? issuedBefore = null) =>
        Add(RevocationIds.OfSubject(organisation, subject), (issuedBefore ?? DateTimeOffset.UtcNow.AddSeconds(1)).ToUnixTimeSeconds());

    /// <summary>Publishes which access policies an organisation has from now on.</summary>
    public void SetPolicies(string organisation, params IEnumerable<AccessPolicy> policies)
    {
        lock (_state) _policies.Add(new PolicySet(organisation, [.. policies]));
    }

    /// <summary>Forgets all access policies and counts from the beginning, as after the authority's store was restored.</summary>
    public void ForgetPolicies()
    {
        lock (_state) _policies.Clear();
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        foreach (var (_, key) in _keys) key.Dispose();
    }

    private void Add(string id, long? issuedBefore)
    {
        lock (_state) _revoked.Add(new RevocationEntry(id, issuedBefore, DateTimeOffset.UtcNow.AddHours(1).ToUnixTimeSeconds()));
    }
}
