import type { GlanceDatabase, ImageListOptions } from '../../glance/lib/index.js'
import { addImage, admin, alice, bob, listed, nobody, rule } from '../support/glance-fixture.js'

const adminOfAlice = { isAdmin: true, owner: 'alice' }

/** An image of each visibility for two tenants and for none, named after both. */
async function addAll(glance: GlanceDatabase): Promise<void> {
  for (const owner of ['alice', 'bob', null]) {
    for (const visibility of ['private', 'shared', 'public', 'community']) {
      await addImage(glance, { owner, visibility, name: `${owner ?? 'none'} ${visibility}` })
    }
  }
}

async function names(glance: GlanceDatabase, caller: typeof admin, options?: ImageListOptions) {
  return (await listed(glance, caller, options)).sort()
}

const everyPublic = ['alice public', 'bob public', 'none public']
const everyCommunity = ['alice community', 'bob community', 'none community']

rule('everyone lists what is public', async (t, glance) => {
  await addAll(glance)
  t.strictSame(await names(glance, nobody), everyPublic)
})

rule('a tenant lists what is public and all of its own', async (t, glance) => {
  await addAll(glance)
  const own = ['alice community', 'alice private', 'alice shared']
  t.strictSame(await names(glance, alice), [...everyPublic, ...own].sort())
})

rule('community images are left out, for admins too, save their own', async (t, glance) => {
  await addAll(glance)
  t.equal((await names(glance, admin)).filter((name) => name?.endsWith('community')).length, 0)
  const own = (await names(glance, adminOfAlice)).filter((name) => name?.endsWith('community'))
  t.strictSame(own, ['alice community'])
  t.equal((await names(glance, admin)).length, 9)
})

rule('the visibility community lists all that is', async (t, glance) => {
  await addAll(glance)
  for (const caller of [admin, alice, nobody]) {
    t.strictSame(await names(glance, caller, { filters: { visibility: 'community' } }), everyCommunity)
  }
})

rule('the visibility all restricts nothing beyond what the caller may list', async (t, glance) => {
  await addAll(glance)
  const filters = { visibility: 'all' }
  t.equal((await names(glance, admin, { filters })).length, 12)
  t.strictSame(await names(glance, nobody, { filters }), [...everyCommunity, ...everyPublic].sort())
  const own = ['alice private', 'alice shared']
  t.strictSame(await names(glance, alice, { filters }), [...everyCommunity, ...everyPublic, ...own].sort())
})

rule('a visibility lists what is of it and may be listed', async (t, glance) => {
  await addAll(glance)
  const list = (caller: typeof admin, visibility: string) => names(glance, caller, { filters: { visibility } })
  t.strictSame(await list(alice, 'private'), ['alice private'])
  t.strictSame(await list(alice, 'shared'), ['alice shared'])
  t.strictSame(await list(alice, 'public'), everyPublic)
  t.strictSame(await list(nobody, 'private'), [])
  t.strictSame(await list(nobody, 'shared'), [])
  t.strictSame(await list(admin, 'private'), ['alice private', 'bob private', 'none private'])
  t.strictSame(await list(admin, 'secret'), [])
  t.strictSame(await list(alice, 'secret'), [])
})

rule('a visibility of null is the usual one', async (t, glance) => {
  await addAll(glance)
  t.strictSame(await names(glance, nobody, { filters: { visibility: null } }), everyPublic)
})

rule('is_public lists what is public, or what is not', async (t, glance) => {
  await addAll(glance)
  t.strictSame(await names(glance, admin, { is_public: true }), everyPublic)
  t.equal((await names(glance, admin, { is_public: false })).length, 6)
  t.strictSame(await names(glance, alice, { is_public: false }), ['alice community', 'alice private', 'alice shared'])
  const filters = { visibility: 'community' }
  t.strictSame(await names(glance, admin, { is_public: false, filters }), everyCommunity)
  t.strictSame(await names(glance, admin, { is_public: true, filters }), [], 'both have to hold')
})

rule('an admin as a user lists what others of its tenant do', async (t, glance) => {
  await addAll(glance)
  t.strictSame(await names(glance, adminOfAlice, { admin_as_user: true }), await names(glance, alice))
  t.strictSame(await names(glance, admin, { admin_as_user: true }), everyPublic)
})

rule('shared images are listed by accepted memberships, unless another status is asked for', async (t, glance) => {
  for (const status of ['pending', 'accepted', 'rejected']) {
    const { id: image_id } = await addImage(glance, { owner: 'alice', visibility: 'shared', name: status })
    await glance.members.create(admin, { values: { image_id, member: 'bob', status } })
  }
  t.strictSame(await names(glance, bob), ['accepted'])
  t.strictSame(await names(glance, bob, { member_status: 'pending' }), ['pending'])
  t.strictSame(await names(glance, bob, { member_status: 'rejected' }), ['rejected'])
  t.strictSame(await names(glance, bob, { member_status: 'all' }), ['accepted', 'pending', 'rejected'])
  t.strictSame(await names(glance, bob, { member_status: 'unheard of' }), [])
  t.equal((await names(glance, alice)).length, 3, 'the owner lists them in any case')
})

rule('a membership that ended, or of an image that is not shared, lists nothing', async (t, glance) => {
  const { id: ended } = await addImage(glance, { owner: 'alice', visibility: 'shared', name: 'ended' })
  const { id } = await glance.members.create(admin, { values: { image_id: ended, member: 'bob', status: 'accepted' } })
  await glance.members.delete(admin, { memb_id: id })
  const { id: image_id } = await addImage(glance, { owner: 'alice', visibility: 'private', name: 'private' })
  await glance.members.create(admin, { values: { image_id, member: 'bob', status: 'accepted' } })
  t.strictSame(await names(glance, bob), [])
})

rule('a caller without a tenant lists no shared image', async (t, glance) => {
  const { id: image_id } = await addImage(glance, { owner: 'alice', visibility: 'shared' })
  await glance.members.create(admin, { values: { image_id, member: 'bob', status: 'accepted' } })
  t.strictSame(await names(glance, nobody), [])
  t.strictSame(await names(glance, nobody, { filters: { visibility: 'shared' }, member_status: 'all' }), [])
})

rule('a shared image with several members is listed once', async (t, glance) => {
  const { id: image_id } = await addImage(glance, { owner: 'alice', visibility: 'shared', name: 'once' })
  for (const member of ['bob', 'carol', 'alice']) {
    await glance.members.create(admin, { values: { image_id, member, status: 'accepted' } })
  }
  t.strictSame(await names(glance, bob), ['once'])
  t.strictSame(await names(glance, alice), ['once'])
})

rule('private images without an owner can be fetched by all and are listed to admins only', async (t, glance) => {
  const { id: image_id } = await addImage(glance, { visibility: 'private', name: 'orphan' })
  t.equal((await glance.images.get(alice, { image_id })).name, 'orphan')
  t.strictSame(await names(glance, alice), [])
  t.strictSame(await names(glance, admin), ['orphan'])
})

rule('records of a list have tags when they are asked for', async (t, glance) => {
  const { id: image_id } = await addImage(glance)
  await glance.tags.setAll(admin, { image_id, tags: ['z', 'a', 'm'] })
  const [plain] = await glance.images.getAll(admin)
  t.notOk('tags' in plain)
  const [tagged] = await glance.images.getAll(admin, { return_tag: true })
  t.strictSame(tagged.tags, ['z', 'a', 'm'])
})

rule('records of a list are those of single images', async (t, glance) => {
  const { id: image_id } = await addImage(glance, {
    properties: { a: '1' },
    locations: [{ url: 'file:///1', metadata: { n: 1 }, status: 'active' }],
  })
  t.strictSame(await glance.images.getAll(admin), [await glance.images.get(admin, { image_id })])
  const v1 = await glance.images.getAll(admin, { v1_mode: true })
  t.strictSame(v1, [await glance.images.get(admin, { image_id, v1_mode: true })])
})
