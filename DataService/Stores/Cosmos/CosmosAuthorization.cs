using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace AiMesh.DataService.Stores.Cosmos;

/// <summary>Signs requests with the account's key (https://learn.microsoft.com/rest/api/cosmos-db/access-control-on-cosmosdb-resources).</summary>
internal sealed class CosmosAuthorization(string key)
{
    private const string ApiVersion = "2018-12-31";
    private readonly byte[] _key = Convert.FromBase64String(key);

    /// <param name="request">Gets the headers.</param>
    /// <param name="resourceType">"dbs", "colls" or "docs".</param>
    /// <param name="resourceLink">Of the resource itself, or of the parent where something is made or asked for.</param>
    /// <param name="now">The time.</param>
    public void Sign(HttpRequestMessage request, string resourceType, string resourceLink, DateTimeOffset now)
    {
        var date = now.UtcDateTime.ToString("r", CultureInfo.InvariantCulture);
        request.Headers.Add("x-ms-date", date);
        request.Headers.Add("x-ms-version", ApiVersion);
        request.Headers.TryAddWithoutValidation("authorization", Uri.EscapeDataString($"type=master&ver=1.0&sig={Signature(request.Method, resourceType, resourceLink, date)}"));
    }

    private string Signature(HttpMethod method, string resourceType, string resourceLink, string date)
    {
        var text = $"{Lower(method.Method)}\n{Lower(resourceType)}\n{resourceLink}\n{Lower(date)}\n\n";
        return Convert.ToBase64String(HMACSHA256.HashData(_key, Encoding.UTF8.GetBytes(text)));
    }

    // The signed text is in lower case by the protocol.
#pragma warning disable CA1308
    private static string Lower(string text) => text.ToLowerInvariant();
#pragma warning restore CA1308
}
