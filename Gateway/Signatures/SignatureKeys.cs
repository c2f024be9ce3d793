using AiMesh.ServiceDefaults.Identity;

namespace AiMesh.Gateway.Signatures;

internal sealed record SignatureKey(byte[] Secret, string Organisation, string Subject)
{
    public bool BelongsTo(Principal principal) => principal.Organisation == Organisation && principal.Subject == Subject;
}

/// <summary>The keys, ready to be used.</summary>
internal sealed class SignatureKeys
{
    private const int MinSecretLength = 32;

    private readonly Dictionary<string, SignatureKey> _byId = new(StringComparer.Ordinal);
    private readonly HashSet<(string Organisation, string Subject)> _signers = [];

    public TimeSpan Window { get; private init; }

    public static SignatureKeys Create(SignatureOptions options, ICollection<string> errors)
    {
        var keys = new SignatureKeys { Window = options.Window };
        if (options.Window < TimeSpan.FromSeconds(10) || options.Window > TimeSpan.FromHours(1))
            errors.Add($"{SignatureOptions.Section}:Window must lie between 10 s and 1 hour.");
        foreach (var (id, key) in options.Keys)
        {
            var name = $"{SignatureOptions.Section}:Keys:{id}";
            var secret = new byte[key.Secret.Length];
            if (!Convert.TryFromBase64String(key.Secret, secret, out var length) || length < MinSecretLength)
                errors.Add($"{name}:Secret must be Base64 of at least {MinSecretLength} bytes.");
            if (key.Organisation.Length == 0 || key.Subject.Length == 0)
                errors.Add($"{name} must name the Organisation and the Subject that it belongs to.");
            keys._byId[id] = new SignatureKey(secret[..length], key.Organisation, key.Subject);
            keys._signers.Add((key.Organisation, key.Subject));
        }

        return keys;
    }

    public SignatureKey? Find(string keyId) => _byId.GetValueOrDefault(keyId);

    public bool MustSign(Principal principal) => _signers.Count > 0 && _signers.Contains((principal.Organisation, principal.Subject));
}
