using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.State;

namespace Aspire.Hosting;

/// <summary>Remembers a default in the state folder: a password that changed with every run would lock us out of our own data.</summary>
internal sealed class PersistedParameterDefault(IDistributedApplicationBuilder builder, string name, ParameterDefault inner) : ParameterDefault
{
    public override string GetDefaultValue() => StateFolder.Of(builder).Secrets.GetOrAdd(name, inner.GetDefaultValue);
}
