using System.Security.Cryptography;
using System.Text;
using AiMesh.Data.V1;
using AiMesh.DataService.Protection;
using AiMesh.ServiceDefaults.Keys;

namespace AiMesh.Bench.Scenarios;

/// <summary>
/// A text of a field sealed and opened as DataService does it (JSON, padding, its place as associated data, base64) on one core, against one AesGcm object that is kept and given
/// the padded bytes alone, with a random nonce each.
/// </summary>
internal sealed class FieldEncryption : IScenario
{
    private const int Batch = 1_000;
    private const int PaddedLength = 112;
    private const int NonceLength = 12;
    private const int TagLength = 16;

    // In JSON 102 bytes, so 112 with the padding.
    private static readonly string Text = new('x', 100);

    public string Name => "field-encryption";

    public string Description => "encrypted fields sealed and opened against bare AesGcm on the same bytes, one core";

    public Task<ScenarioResult> RunAsync()
    {
        var key = RandomNumberGenerator.GetBytes(SealedBox.KeyLength);
        var cipher = new FieldCipher(new OrganisationKeys(RandomNumberGenerator.GetBytes(SealedBox.KeyLength), new SortedDictionary<int, byte[]> { [1] = key }, static _ => null), "demo", "bench");
        var field = new Field { Name = "note", Type = Field.Types.Type.String };
        using var aes = new AesGcm(key, TagLength);
        var content = new byte[PaddedLength];
        content.AsSpan().Fill((byte)' ');
        Encoding.UTF8.GetBytes(Text, content);
        byte[] nonce = new byte[NonceLength], tag = new byte[TagLength], box = new byte[PaddedLength], opened = new byte[PaddedLength];

        return Task.FromResult(ScenarioResult.OfRates(CoreComparison.Run(Ours, Bare), 0.3));

        int Ours()
        {
            for (var i = 0; i < Batch; i++)
                if (cipher.Open("note", "item-1", cipher.Seal(field, "item-1", Text)).GetString() != Text) throw new InvalidOperationException("Wrong answer.");
            return Batch;
        }

        int Bare()
        {
            for (var i = 0; i < Batch; i++)
            {
                RandomNumberGenerator.Fill(nonce);
                aes.Encrypt(nonce, content, box, tag);
                aes.Decrypt(nonce, box, tag, opened);
                if (!opened.AsSpan().SequenceEqual(content)) throw new InvalidOperationException("Wrong answer.");
            }

            return Batch;
        }
    }
}
