using System.Buffers.Text;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using AiMesh.Data.V1;
using AiMesh.DataService.Items;
using AiMesh.ServiceDefaults.Keys;
using AiMesh.ServiceDefaults.Policy;

namespace AiMesh.DataService.Protection;

/// <summary>
/// Encrypts values of fields (AES-256-GCM, a random nonce each). Organisation, dataset, field and item are the associated data: a ciphertext that is moved to another
/// place is none. Values are padded, so that a short one tells little by its length.
/// </summary>
internal sealed class FieldCipher(OrganisationKeys keys, string organisation, string dataset)
{
    private const int Padding = 16;
    private const int IndexLength = 18;

    public int CurrentVersion => keys.CurrentVersion;

    public SealedValue Seal(Field field, string item, object value) =>
        new SealedValue(CurrentVersion, Encrypt(field.Name, item, ItemValues.WriteValue(value)), field.EqualityIndex && value is string text ? Index(field.Name, text) : null);

    /// <summary>The value as JSON.</summary>
    /// <exception cref="TamperedValueException">It was tampered with, or belongs elsewhere.</exception>
    public JsonElement Open(string field, string item, SealedValue value)
    {
        var json = SealedBox.Open(keys.FieldKey(value.Key), Base64Url.DecodeFromChars(value.Content), Place(field, item, value.Key))
            ?? throw new TamperedValueException($"The encrypted field {field} of the item {item} in {organisation}/{dataset} was tampered with.");
        using var document = JsonDocument.Parse(json);
        return document.RootElement.Clone();
    }

    /// <summary>The same under the key of today.</summary>
    public SealedValue Renew(string field, string item, SealedValue value) =>
        value with { Key = CurrentVersion, Content = Encrypt(field, item, Encoding.UTF8.GetBytes(Open(field, item, value).GetRawText())) };

    /// <summary>Of a key that never changes, another for each field.</summary>
    public string Index(string field, string text) =>
        Base64Url.EncodeToString(HMACSHA256.HashData(keys.IndexKey(dataset, field), Encoding.UTF8.GetBytes(text)).AsSpan(0, IndexLength));

    private string Encrypt(string field, string item, byte[] json)
    {
        var padded = new byte[(json.Length / Padding + 1) * Padding];
        padded.AsSpan().Fill((byte)' ');
        json.CopyTo(padded, 0);
        return Base64Url.EncodeToString(SealedBox.Seal(keys.FieldKey(CurrentVersion), padded, Place(field, item, CurrentVersion)));
    }

    private byte[] Place(string field, string item, int version) =>
        JsonSerializer.SerializeToUtf8Bytes((string[])["aimesh field", organisation, dataset, field, item, version.ToString(CultureInfo.InvariantCulture)]);
}

/// <summary>A stored value cannot be opened with its key in its place.</summary>
internal sealed class TamperedValueException(string message) : InvalidOperationException(message);
