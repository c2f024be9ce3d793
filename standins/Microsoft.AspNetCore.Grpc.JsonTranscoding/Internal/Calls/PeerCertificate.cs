using System.Security.Cryptography.X509Certificates;
using System.Text;
using Grpc.Core;

namespace Microsoft.AspNetCore.Grpc.JsonTranscoding.Internal.Calls;

/// <summary>A client certificate as the gRPC engine describes it to handlers.</summary>
internal static class PeerCertificate
{
    private const string SubjectAlternativeName = "x509_subject_alternative_name";
    private const string CommonName = "x509_common_name";

    private static readonly AuthContext Unauthenticated = new(null, []);

    public static AuthContext Describe(X509Certificate2? certificate)
    {
        if (certificate is null)
            return Unauthenticated;
        var properties = new Dictionary<string, List<AuthProperty>>(StringComparer.Ordinal);
        var names = certificate.Extensions.OfType<X509SubjectAlternativeNameExtension>().SelectMany(extension => extension.EnumerateDnsNames());
        foreach (var name in names)
            Add(SubjectAlternativeName, name);
        var identity = properties.Count > 0 ? SubjectAlternativeName : null;
        if (certificate.GetNameInfo(X509NameType.SimpleName, forIssuer: false) is { Length: > 0 } common)
        {
            Add(CommonName, common);
            identity ??= CommonName;
        }

        return new AuthContext(identity, properties);

        void Add(string key, string value)
        {
            if (!properties.TryGetValue(key, out var values))
                properties[key] = values = [];
            values.Add(AuthProperty.Create(key, Encoding.UTF8.GetBytes(value)));
        }
    }
}
