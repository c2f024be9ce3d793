using System.Text;
using AiMesh.DataService.Items;

namespace AiMesh.DataService.Stores.Journal;

/// <summary>A change of one item on its way to its store.</summary>
/// <param name="Before">The item as it was; null: there was none.</param>
/// <param name="After">The item as it shall be; null: gone.</param>
internal sealed record JournalNote(Document? Before, Document? After)
{
    public string Id => (After ?? Before)!.Id;

    /// <summary>What goes to the store: done once, or not at all where somebody else was quicker.</summary>
    public DocumentWrite Write => (Before, After) switch
    {
        (null, { } created) => DocumentWrite.Create(created),
        ({ } old, { } changed) => DocumentWrite.Replace(changed, old.Tag),
        _ => DocumentWrite.Delete(Id, Before!.Tag),
    };

    /// <summary>Whether the store has the item as it was.</summary>
    public bool IsUndone(Document? found) => Before is null ? found is null : found?.Tag == Before.Tag;

    /// <summary>Fields as events have them.</summary>
    public static string? Image(Document? document) => document is null ? null : Encoding.UTF8.GetString(ItemValues.Write(document.Fields));
}
