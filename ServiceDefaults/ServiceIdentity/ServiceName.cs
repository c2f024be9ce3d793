using System.Diagnostics.CodeAnalysis;
using System.Formats.Asn1;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace AiMesh.ServiceDefaults.ServiceIdentity;

/// <summary>
/// The name of a service as its certificate says it: <c>spiffe://aimesh/production/data</c>
/// (https://github.com/spiffe/spiffe/blob/main/standards/X509-SVID.md).
/// </summary>
internal sealed record ServiceName(string Environment, string Service)
{
    private const string Scheme = "spiffe://";
    private const string TrustDomain = "aimesh";
    private const string SubjectAlternativeNames = "2.5.29.17";
    private const int LongestSegment = 63;
    private static readonly Asn1Tag UriName = new(TagClass.ContextSpecific, 6);

    public override string ToString() => $"{Scheme}{TrustDomain}/{Environment}/{Service}";

    /// <summary>
    /// Reads the one URI among the certificate's alternative names. Two URIs are refused, as the standard demands: which of them counted would
    /// depend on who reads.
    /// </summary>
    public static bool TryRead(X509Certificate2 certificate, [NotNullWhen(true)] out ServiceName? name)
    {
        name = null;
        string[] uris;
        try
        {
            uris = [.. certificate.Extensions.Where(static extension => extension.Oid?.Value == SubjectAlternativeNames).SelectMany(static extension => Uris(extension.RawData))];
        }
        catch (Exception exception) when (exception is AsnContentException or CryptographicException)
        {
            return false;
        }

        return uris is [var uri] && TryParse(uri, out name);
    }

    /// <summary>Takes exactly the form that <see cref="ToString"/> writes; nothing is normalised, so two names are equal or differ.</summary>
    public static bool TryParse(string text, [NotNullWhen(true)] out ServiceName? name)
    {
        name = null;
        if (!text.StartsWith(Scheme, StringComparison.Ordinal)) return false;
        if (text[Scheme.Length..].Split('/') is not [TrustDomain, var environment, var service]) return false;
        if (!IsSegment(environment) || !IsSegment(service)) return false;
        name = new ServiceName(environment, service);
        return true;
    }

    private static bool IsSegment(string text) =>
        text.Length is > 0 and <= LongestSegment && text.All(static letter => letter is (>= 'a' and <= 'z') or (>= '0' and <= '9') or '-');

    private static List<string> Uris(byte[] extension)
    {
        List<string> uris = [];
        var names = new AsnReader(extension, AsnEncodingRules.DER).ReadSequence();
        while (names.HasData)
        {
            if (names.PeekTag().HasSameClassAndValue(UriName)) uris.Add(names.ReadCharacterString(UniversalTagNumber.IA5String, UriName));
            else names.ReadEncodedValue();
        }

        return uris;
    }
}
