using System.Buffers.Binary;
using System.Buffers.Text;
using System.Security.Cryptography;
using AiMesh.DataService.Datasets;

namespace AiMesh.DataService.Items;

/// <summary>Tells versions of what a caller sees of an item apart.</summary>
internal static class ItemEtag
{
    /// <summary>
    /// For who sees every field, the number of the version; for others a hash of what they see, as the number would tell of changes
    /// that they don't.
    /// </summary>
    public static string Of(DatasetView view, StoredItem item)
    {
        Span<byte> tag = stackalloc byte[SHA256.HashSizeInBytes];
        if (view.SeesAll)
        {
            // An item that was deleted and made anew begins with the same number, but at another time.
            BinaryPrimitives.WriteInt64BigEndian(tag, item.CreateTime.Ticks);
            BinaryPrimitives.WriteInt64BigEndian(tag[8..], item.Version);
            return Base64Url.EncodeToString(tag[..16]);
        }

        // The time of creation is seen too, and tells an item apart from one that was deleted and made anew.
        var seen = new byte[sizeof(long) + item.Fields.Length];
        BinaryPrimitives.WriteInt64BigEndian(seen, item.CreateTime.Ticks);
        item.Fields.CopyTo(seen, sizeof(long));
        SHA256.HashData(seen, tag);
        return Base64Url.EncodeToString(tag[..12]);
    }
}
